//go:build linux && (amd64 || arm64)

package parked

import (
	"syscall"
	"unsafe"
)

// The calls below do not wait: MSG_DONTWAIT sees to that even for a descriptor that somebody has made blocking by way of a duplicate. So the
// scheduler need not hear of them. If it does, it takes one that lasts for 20 µs, as a send on loopback does next to busy programs, for one that
// waits, and has another thread go on: the threads' turns then cost more than a tenth of a relay's processor time.

func read(fd uintptr, p []byte) (int, error) {
	return call(syscall.SYS_RECVFROM, fd, p, syscall.MSG_DONTWAIT)
}

func write(fd uintptr, p []byte) (int, error) {
	return call(syscall.SYS_SENDTO, fd, p, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
}

func peek(fd uintptr, p *[1]byte) error {
	_, err := call(syscall.SYS_RECVFROM, fd, p[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err
}

func call(number, fd uintptr, p []byte, flags uintptr) (int, error) {
	n, _, errno := syscall.RawSyscall6(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case syscall.EAGAIN: // what is common costs no allocation
		return 0, syscall.EAGAIN
	}
	return 0, errno
}
