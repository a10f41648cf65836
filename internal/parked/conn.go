// Package parked reads and writes for a relay of thousands of connections, most of which are idle: it waits for something to read without a buffer to
// read it into, without a goroutine if need be, and spends little of the processor on a read or a write.
package parked

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Conn is a connection whose reader can be parked until there is something to read. Park, Watch and a Read that only tries are for one
// reader at a time; everything else is as with any net.Conn.
type Conn struct {
	net.Conn
	raw syscall.RawConn // nil where there is no descriptor to wait for
	in  incoming
	out outgoing

	watched         atomic.Bool
	bounded, closed atomic.Bool // there is a read deadline; Close has begun
	fd              int32       // while it is watched; the watcher's lock guards it
}

// An incoming is what its reader and the functions that it hands to the descriptor tell each other.
type incoming struct {
	once, look func(fd uintptr) bool // made once: a method value for each read would be an allocation
	into       []byte
	n          int
	err        error
	one        [1]byte
	looked     bool
	trying     bool
	drained    bool // the last read has taken all that there was
}

// An outgoing is the same for one who writes.
type outgoing struct {
	mu   sync.Mutex
	push func(fd uintptr) bool
	rest []byte
	err  error
}

// New makes a connection parkable. One that is not net's own stays as it is, even around one of net's, because its Read and Write may do more: Park
// returns at once, and every Read waits.
func New(conn net.Conn) *Conn {
	c := &Conn{Conn: conn}
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		if possible {
			c.raw, _ = conn.(syscall.Conn).SyscallConn()
		}
	}
	c.in.once, c.in.look, c.out.push = c.readOnce, c.peek, c.push
	return c
}

// Possible reports whether the connection can be parked.
func (c *Conn) Possible() bool { return c.raw != nil }

// Try has Read only try from now on, or wait again.
func (c *Conn) Try(on bool) { c.in.trying = on && c.raw != nil }

// Read reads. While it only tries it returns [ErrEmpty] where it would have to wait.
func (c *Conn) Read(p []byte) (int, error) {
	if !c.in.trying {
		c.in.drained = false
		return c.Conn.Read(p)
	}
	if c.in.drained || len(p) == 0 {
		return 0, ErrEmpty
	}
	return c.try(p)
}

// Write writes.
func (c *Conn) Write(p []byte) (int, error) {
	if c.raw == nil || len(p) == 0 {
		return c.Conn.Write(p)
	}
	return c.write(p)
}

// SetDeadline sets the deadlines of reading and writing. It rouses who watches.
func (c *Conn) SetDeadline(t time.Time) error {
	c.bounded.Store(!t.IsZero())
	defer c.rouse()
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline sets the deadline of Read and Park. It rouses who watches.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.bounded.Store(!t.IsZero())
	defer c.rouse()
	return c.Conn.SetReadDeadline(t)
}

// Close closes the connection. It rouses who watches.
func (c *Conn) Close() error {
	c.closed.Store(true)
	wake := c.unwatch() // before the descriptor may become another connection's
	err := c.Conn.Close()
	if wake != nil {
		wake()
	}
	return err
}

// rouse ends a watch. A watch that begins meanwhile has seen why it must not.
func (c *Conn) rouse() {
	if wake := c.unwatch(); wake != nil {
		wake()
	}
}

// ErrEmpty is that there is nothing to read yet. It passes for a deadline, after which crypto/tls can be read on.
var ErrEmpty net.Error = empty{}

type empty struct{}

func (empty) Error() string   { return "nothing to read yet" }
func (empty) Timeout() bool   { return true }
func (empty) Temporary() bool { return true }
