// Package parked waits for something to read without a buffer to read it into, so that thousands of idle connections hold none.
package parked

import (
	"net"
	"syscall"
)

// A Conn is a connection whose reader can be parked until there is something to read. Park and a Read that only tries are for one
// reader at a time; everything else is as with any net.Conn.
type Conn struct {
	net.Conn
	raw syscall.RawConn // nil where there is no descriptor to wait for

	once, look func(fd uintptr) bool // made once: a method value for each read would be an allocation
	into       []byte
	n          int
	err        error
	one        [1]byte
	looked     bool
	trying     bool
	drained    bool // the last read has taken all that there was
}

// New makes a connection parkable. One without a descriptor stays as it is: Park returns at once, and every Read waits.
func New(conn net.Conn) *Conn {
	c := &Conn{Conn: conn}
	if s, ok := conn.(syscall.Conn); ok && possible {
		c.raw, _ = s.SyscallConn()
	}
	c.once, c.look = c.readOnce, c.peek
	return c
}

// Possible reports whether the connection can be parked.
func (c *Conn) Possible() bool { return c.raw != nil }

// Try has Read only try from now on, or wait again.
func (c *Conn) Try(on bool) { c.trying = on && c.raw != nil }

// Read reads. While it only tries it returns [ErrEmpty] where it would have to wait.
func (c *Conn) Read(p []byte) (int, error) {
	if !c.trying {
		c.drained = false
		return c.Conn.Read(p)
	}
	if c.drained || len(p) == 0 {
		return 0, ErrEmpty
	}
	return c.try(p)
}

// ErrEmpty is that there is nothing to read yet. It passes for a deadline, after which crypto/tls can be read on.
var ErrEmpty net.Error = empty{}

type empty struct{}

func (empty) Error() string   { return "nothing to read yet" }
func (empty) Timeout() bool   { return true }
func (empty) Temporary() bool { return true }
