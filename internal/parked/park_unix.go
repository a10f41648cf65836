//go:build unix

package parked

import (
	"io"
	"os"
	"syscall"
)

const possible = true

// Park waits until there is something to read, the end of the connection included, or until the read deadline.
func (c *Conn) Park() error {
	if c.raw == nil {
		return nil
	}
	c.looked, c.err = false, nil
	err := c.raw.Read(c.look)
	c.drained = false
	if err == nil && c.err != nil {
		err = os.NewSyscallError("read", c.err)
	}
	return err
}

// peek reports whether there is something to read. It looks once: what comes later wakes it.
func (c *Conn) peek(fd uintptr) bool {
	if c.looked {
		return true
	}
	c.looked = true
	_, _, err := syscall.Recvfrom(int(fd), c.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	if err == syscall.EAGAIN || err == syscall.EINTR { // the second is for a peek that was broken off: whoever is woken for nothing looks again
		return err == syscall.EINTR
	}
	c.err = err
	return true
}

// try reads what is there.
func (c *Conn) try(p []byte) (int, error) {
	c.into = p
	err := c.raw.Read(c.once)
	c.into = nil
	switch {
	case err != nil:
		return 0, err
	case c.err == syscall.EAGAIN:
		c.drained = true
		return 0, ErrEmpty
	case c.err != nil:
		return 0, os.NewSyscallError("read", c.err)
	case c.n == 0:
		return 0, io.EOF
	}
	c.drained = c.n < len(p)
	return c.n, nil
}

// readOnce reads once, whatever comes of it.
func (c *Conn) readOnce(fd uintptr) bool {
	for {
		c.n, c.err = syscall.Read(int(fd), c.into)
		if c.err != syscall.EINTR {
			return true
		}
	}
}
