//go:build linux && (amd64 || arm64)

package parked

import (
	"syscall"
	"unsafe"
)

// The calls below do not wait, because the descriptors of net's connections are non-blocking, so the scheduler need not hear of them. If it does, it
// takes one that lasts for 20 µs, as a send on loopback does next to busy programs, for one that waits, and has another thread
// go on: the threads' turns then cost more than a tenth of a relay's processor time.

func read(fd uintptr, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return result(n, errno)
}

func write(fd uintptr, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return result(n, errno)
}

func peek(fd uintptr, p *[1]byte) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(p)), 1, syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
	_, err := result(0, errno)
	return err
}

func result(n uintptr, errno syscall.Errno) (int, error) {
	switch errno {
	case 0:
		return int(n), nil
	case syscall.EAGAIN: // what is common costs no allocation
		return 0, syscall.EAGAIN
	}
	return 0, errno
}
