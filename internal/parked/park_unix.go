//go:build unix

package parked

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

const possible = true

// Park waits until there is something to read, the end of the connection included, or until the read deadline.
func (c *Conn) Park() error {
	if c.raw == nil {
		return nil
	}
	c.in.looked, c.in.err = false, nil
	err := c.raw.Read(c.in.look)
	c.in.drained = false
	return c.failure("read", err, c.in.err)
}

// peek reports whether there is something to read. It looks once: what comes later wakes it.
func (c *Conn) peek(fd uintptr) bool {
	if c.in.looked {
		return true
	}
	c.in.looked = true
	err := peek(fd, &c.in.one)
	if err == syscall.EAGAIN || err == syscall.EINTR { // the second is for a peek that was broken off: whoever is woken for nothing looks again
		return err == syscall.EINTR
	}
	c.in.err = err
	return true
}

// try reads what is there.
func (c *Conn) try(p []byte) (int, error) {
	c.in.into = p
	err := c.raw.Read(c.in.once)
	c.in.into = nil
	switch {
	case err == nil && c.in.err == syscall.EAGAIN:
		c.in.drained = true
		return 0, ErrEmpty
	case err != nil || c.in.err != nil:
		return 0, c.failure("read", err, c.in.err)
	case c.in.n == 0:
		return 0, io.EOF
	}
	c.in.drained = c.in.n < len(p)
	return c.in.n, nil
}

// readOnce reads once, whatever comes of it.
func (c *Conn) readOnce(fd uintptr) bool {
	for {
		c.in.n, c.in.err = read(fd, c.in.into)
		if c.in.err != syscall.EINTR {
			return true
		}
	}
}

func (c *Conn) write(p []byte) (int, error) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest, o.err = p, nil
	err := c.raw.Write(o.push)
	n := len(p) - len(o.rest)
	o.rest = nil
	return n, c.failure("write", err, o.err)
}

// push writes as much as the connection takes, and reports whether that was all there will be.
func (c *Conn) push(fd uintptr) bool {
	o := &c.out
	for len(o.rest) > 0 {
		n, err := write(fd, o.rest)
		switch err {
		case nil:
			o.rest = o.rest[n:]
		case syscall.EAGAIN:
			return false
		case syscall.EINTR:
		default:
			o.err = err
			return true
		}
	}
	return true
}

// failure is the error of waiting, or of the call that was waited for, in the form that net's own connections give it.
func (c *Conn) failure(op string, waiting, call error) error {
	if e, ok := errors.AsType[*net.OpError](waiting); ok {
		return &net.OpError{Op: op, Net: e.Net, Source: e.Source, Addr: e.Addr, Err: e.Err}
	}
	if waiting != nil || call == nil {
		return waiting
	}
	return &net.OpError{Op: op, Net: c.RemoteAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, call)}
}
