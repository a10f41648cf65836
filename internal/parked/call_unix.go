//go:build unix && !(linux && (amd64 || arm64))

package parked

import "syscall"

func read(fd uintptr, p []byte) (int, error)  { return syscall.Read(int(fd), p) }
func write(fd uintptr, p []byte) (int, error) { return syscall.Write(int(fd), p) }

func peek(fd uintptr, p *[1]byte) error {
	_, _, err := syscall.Recvfrom(int(fd), p[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err
}
