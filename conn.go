package valetkey

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valetkey/valetkey/internal/session"
)

// A Conn is a connection that stays authenticated. It is a [net.Conn] in every respect; what it adds is sent and received between
// the client's commands, and the client sees none of it. Make one with [Dialer.DialContext].
//
// Two batons say who may do what. Whoever holds wire may send: a client in Write, or the renewal. Whoever holds reader may
// receive: a client in Read, or the renewal where no client is reading; what it receives for the client waits in pending.
type Conn struct {
	raw  net.Conn
	d    *Dialer
	addr string

	schedule session.Schedule
	authAt   atomic.Int64 // Unix nanoseconds, by the wall clock

	mu       sync.Mutex // guards the next ten
	machine  *session.Machine
	atHand   *fetched // nil but while a renewal waits for its turn
	trouble  error    // what the last attempt failed with
	outcome  chan struct{}
	pending  []byte // read for the client; only who holds reader adds to it
	renewals int32
	attempts int32 // attempts that have failed since the last that did not
	wanted   bool  // a renewal has been asked for and has not been done
	due      bool  // it is to be tried at the next quiet moment
	force    bool  // requests are held back to make one
	drained  bool  // the last read found nothing left; guarded by reader

	reading, sending bool // the renewal is, under a deadline of its own; guarded by deadlines

	writing    sync.Mutex  // one Write at a time
	missedTurn atomic.Bool // a renewal was due while somebody held wire
	place      int32       // in the roster, which guards it
	wire       baton
	reader     baton // nudged when replies have been taken in; both when the connection is closed
	failed     error // guarded by reader: what the renewal's own reading ended with

	deadlines sync.Mutex // guards setting those of raw
	readBy    deadline
	writeBy   deadline

	closed signal
	end    error // why it was closed, if not by the client; set before closed is
}

// newConn follows a connection that has authenticated some time after since: the session's clock must not be behind the server's.
func newConn(d *Dialer, raw net.Conn, addr string, t Token, s session.Schedule, since time.Time) *Conn {
	c := &Conn{
		raw: raw, d: d, addr: addr, schedule: s,
		machine: session.New(t.User(), true),
	}
	c.authAt.Store(since.UnixNano())
	d.roster.add(c, s.After)
	d.emit(Event{Kind: Dialed, Addr: addr})
	return c
}

// Read reads what the server sends the client.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.closed.given() || !c.reader.try() {
		if n, err := c.queue(p); n > 0 || err != nil {
			return n, err
		}
	}
	defer c.reader.release()
	return c.readOn(p)
}

// queue takes the reader baton where it is not free, unless there is something to return without.
func (c *Conn) queue(p []byte) (int, error) {
	if !c.closed.given() { // what is there already need not wait for the renewal, which may be reading
		if n := c.deliver(p); n > 0 {
			return n, nil
		}
	}
	if err := c.acquire(&c.reader, &c.readBy); err == io.EOF {
		return c.leftover(p)
	} else if err != nil {
		return 0, c.opError("read", err)
	}
	return 0, nil
}

// readOn reads until there is something for the client. It needs the reader baton.
func (c *Conn) readOn(p []byte) (int, error) {
	c.drained = false
	for {
		if n := c.deliver(p); n > 0 {
			return n, nil
		}
		if c.failed != nil {
			return 0, c.failed
		}
		n, err := c.raw.Read(p)
		if n = c.receive(p, n); n > 0 {
			return n, nil
		}
		if err != nil || c.failed != nil {
			return 0, c.readError(err)
		}
	}
}

// leftover hands over what was read for the client before the connection ended: it is the client's, however the end came about.
func (c *Conn) leftover(p []byte) (int, error) {
	for !c.reader.try() {
		news := c.reader.wait()
		if !c.reader.freeFor(1) { // look again
			<-news
		}
		c.reader.leave()
	}
	defer c.reader.release()
	if n := c.deliver(p); n > 0 {
		return n, nil
	}
	return 0, c.opError("read", c.closeError())
}

// deliver hands over what was read for the client before.
func (c *Conn) deliver(p []byte) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(p, c.pending)
	if c.pending = c.pending[n:]; len(c.pending) == 0 {
		c.pending = nil
	}
	return n
}

// receive takes in p[:n], read from the wire, and leaves in p what of it is the client's. It needs the reader baton.
func (c *Conn) receive(p []byte, n int) int {
	if n == 0 {
		return 0
	}
	out := c.takeIn(p[:n])
	if len(out) > 0 && &out[0] == &p[0] {
		return len(out)
	}
	n = copy(p, out)
	c.store(out[n:])
	return n
}

// store has what is the client's wait for its next Read. It needs the reader baton.
func (c *Conn) store(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = append(c.pending, b...)
}

// takeIn runs bytes from the wire through the machine, and starts a renewal where they leave the connection quiet and one is due.
func (c *Conn) takeIn(b []byte) []byte {
	c.mu.Lock()
	out, err := c.machine.Reply(b)
	if c.machine.LoggedIn() {
		c.authenticated()
	}
	due := c.due && c.machine.Blocker() == session.Free
	c.mu.Unlock()
	if err != nil {
		c.failed = &Error{Op: "read from", Subject: c.addr, Reason: ConnectionLost, Err: err}
		c.shut(c.failed)
	}
	c.reader.nudge()
	if due {
		c.renewIfFree()
	}
	return out
}

// Write sends what the client sends. It blocks while an AUTH is on its way, at most until the write deadline.
func (c *Conn) Write(p []byte) (written int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		if err := c.acquire(&c.wire, &c.writeBy); err != nil {
			return written, c.opError("write", err)
		}
		if c.writeBy.over() { // what the machine has been told is on its way
			c.letGo()
			return written, c.opError("write", os.ErrDeadlineExceeded)
		}
		n, need, err := c.forward(p)
		written, p = written+n, p[n:]
		if need == session.None || err != nil {
			c.letGo()
			return written, err
		}
		go c.settle(need) // takes over the wire baton
		if need == session.Turn && len(p) == 0 && !c.holding() {
			return written, nil // all has been sent: only what comes behind it has to wait
		}
	}
}

// holding reports whether something that was consumed has not been sent.
func (c *Conn) holding() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine.Holding()
}

// forward sends as much of p as may go before something else has to happen. It needs the wire baton.
func (c *Conn) forward(p []byte) (written int, need session.Need, err error) {
	for {
		c.mu.Lock()
		n, out, need, err := c.machine.Request(p, c.force)
		c.mu.Unlock()
		if err != nil { // nothing more may be sent, but replies may be due
			return written, need, &Error{Op: "write to", Subject: c.addr, Reason: ConnectionLost, Err: err}
		}
		if len(out) > 0 {
			if k, err := c.raw.Write(out); err != nil {
				c.abandon(err)
				if n > 0 && &out[0] == &p[0] {
					written += k
				}
				return written, need, c.opError("write", err)
			}
		}
		whole := n == len(p) && n == len(out) // nothing is held back
		written, p = written+n, p[n:]
		if need != session.None || whole || len(p) == 0 && len(out) == 0 {
			return written, need, nil
		}
	}
}

// letGo gives the wire back, and starts the renewal that was due while it was held.
func (c *Conn) letGo() {
	c.wire.release()
	if c.missedTurn.Load() {
		c.missedTurn.Store(false)
		c.renewIfFree()
	}
}

// abandon follows no further what has been sent in part.
func (c *Conn) abandon(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.machine.Abandon(err)
}

// acquire takes one of the two batons, unless the deadline passes or the connection closes first.
func (c *Conn) acquire(b *baton, by *deadline) error {
	if c.closed.given() {
		return c.closeError()
	}
	if b.try() {
		return nil
	}
	passed, stop := by.wait()
	defer stop()
	for {
		news := b.wait()
		taken, err := c.look(b, news, passed)
		b.leave()
		if taken || err != nil {
			return err
		}
	}
}

// look takes b if it is free by now, or waits for news of it.
func (c *Conn) look(b *baton, news, passed <-chan struct{}) (taken bool, err error) {
	if c.closed.given() {
		return false, c.closeError()
	}
	if b.try() {
		return true, nil
	}
	select {
	case <-passed:
		return false, os.ErrDeadlineExceeded
	case <-news:
		return false, nil
	}
}

// Close closes the connection.
func (c *Conn) Close() error {
	return c.shut(nil)
}

// shut closes the connection: for a reason of ours or the server's, or with none, for the client.
func (c *Conn) shut(why error) error {
	if !c.closed.give(func() { c.end = why }) {
		return net.ErrClosed
	}
	c.wire.nudge()
	c.reader.nudge()
	c.d.roster.remove(c)
	return c.raw.Close()
}

// closeError is what using a closed connection gives: to a client that did not close it, what a server's close looks like.
func (c *Conn) closeError() error {
	if c.end != nil {
		return io.EOF
	}
	return net.ErrClosed
}

// readError is the end of a read as the client is to see it.
func (c *Conn) readError(err error) error {
	switch {
	case c.closed.given() && c.failed != nil:
		return c.failed
	case c.closed.given():
		return c.opError("read", c.closeError())
	}
	if err != nil && !isDeadline(err) {
		c.hungUp(err)
	}
	return err
}

// isDeadline reports whether an error leaves the connection as it was. The kernel's own timeout does not: nobody is there any more.
func isDeadline(err error) bool { return os.IsTimeout(err) && !errors.Is(err, syscall.ETIMEDOUT) }

// hungUp takes note of a connection that has ended, at the end of its session or before.
func (c *Conn) hungUp(err error) {
	if c.closed.given() {
		return
	}
	if age := c.age(); age >= c.schedule.By {
		c.d.emit(Event{Kind: Cut, Addr: c.addr, Age: age})
	}
	c.shut(err)
}

// opError gives an error the form that net's own connections give it, in which clients look for what may be retried.
func (c *Conn) opError(op string, err error) error {
	switch {
	case err == io.EOF && op == "read":
		return err
	case err == io.EOF:
		err = unsent{syscall.EPIPE}
	case err != os.ErrDeadlineExceeded && err != net.ErrClosed:
		return err
	}
	return &net.OpError{Op: op, Net: c.raw.RemoteAddr().Network(), Source: c.raw.LocalAddr(), Addr: c.raw.RemoteAddr(), Err: err}
}

// unsent is what a write to a connection that has ended fails with. It is an EOF too, which says more than EPIPE to clients that try again only
// where nothing has been sent.
type unsent struct{ syscall.Errno }

func (unsent) Is(target error) bool { return target == io.EOF || target == syscall.EPIPE }

// LocalAddr returns the local address.
func (c *Conn) LocalAddr() net.Addr { return c.raw.LocalAddr() }

// RemoteAddr returns the server's address.
func (c *Conn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

// SetDeadline sets the deadlines of Read and Write.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets the deadline of Read. A renewal that is receiving at the moment is not disturbed.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	c.readBy.set(t)
	if c.reading {
		return nil
	}
	return c.unlessRetired(c.raw.SetReadDeadline(t))
}

// SetWriteDeadline sets the deadline of Write. It also bounds how long Write waits for a renewal.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	c.writeBy.set(t)
	if c.sending {
		return nil
	}
	return c.unlessRetired(c.raw.SetWriteDeadline(t))
}

// unlessRetired is the error of setting a deadline. There is none on a connection that only the server has closed, which is what this one
// looks like when it was closed in the server's stead.
func (c *Conn) unlessRetired(err error) error {
	if c.closed.given() && c.end != nil {
		return nil
	}
	return err
}

// age is the time since the last authentication, by the wall clock: a host that was suspended has aged.
func (c *Conn) age() time.Duration { return time.Duration(time.Now().UnixNano() - c.authAt.Load()) }
