package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/parked"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/session"
)

const (
	// linger is how long the next reply to a client that sends nothing more may take. Servers wait for none; a pipe into a
	// client such as nc needs a moment.
	linger = 250 * time.Millisecond
	// farewell is how long a client has to take in its last reply: closing at once could destroy it.
	farewell = time.Second
	// headStart is how long a client may be silent until it is connected nevertheless: longer than a check that the port is open.
	headStart = 2 * time.Millisecond
)

// A client is one connection of a client and the upstream connection behind it. While nothing goes by on it, it has no goroutine.
type client struct {
	srv   *Server
	conn  net.Conn
	idle  *parked.Conn // conn, to wait for
	node  *node        // of a cluster, that it came for; nil for the cache's own address
	since time.Time

	began bool        // the client has sent something; for whoever reads from it
	moved atomic.Bool // something has gone by since the last round of rest

	mu               sync.Mutex
	up               *valetkey.Conn // once there is one
	end              *ending        // once it ends
	by               time.Time      // until when the next reply of a connection that is ending may come, if that is known
	started, over    bool           // bytes are passed on, no longer are
	upward, downward rest           // sendUp's, sendDown's
}

// An ending is why and how a connection ends.
type ending struct {
	reason  Reason
	err     error
	text    string // the last error reply
	patient bool   // whatever is under way may take its time
}

// serve serves the client until it can be left to its own sending and to the cache's, or to its end.
func (c *client) serve() {
	c.srv.log.Debug("connection opened", "client", c.conn.RemoteAddr())
	end := c.identify()
	if end == nil {
		end = c.begin()
	}
	if end != nil {
		c.finish(end)
	}
}

// begin connects the client to the cache, and has bytes pass.
func (c *client) begin() *ending {
	up, first, end := c.reach()
	if end != nil {
		return end
	}
	up.AnswerLogins(c.srv.check)
	if rename := c.srv.rename(c); rename != nil {
		up.RenameNodes(rename)
	}
	c.attach(up)
	if len(first) > 0 {
		if _, err := up.Write(first); err != nil {
			c.wind(writeEnding(err))
		}
	}
	c.start()
	c.srv.running.Add(1)
	go c.sendUp()
	go c.sendDown() // on a small stack
	return nil
}

// reach makes the upstream connection, if nothing else is asked for before the client's first byte: programs connect before they have something
// to do. Should it fail then, nobody waits for it yet, and it is tried again when somebody does.
func (c *client) reach() (up *valetkey.Conn, first []byte, end *ending) {
	first, end = c.greet()
	if end != nil {
		return nil, nil, end
	}
	up, err := c.dial()
	if err != nil && len(first) == 0 {
		var failed error
		if first, failed = c.hear(time.Time{}); failed != nil {
			return nil, nil, c.neverBegan(failed)
		}
		up, err = c.dial()
	}
	if err != nil {
		return nil, nil, c.unreachable(err)
	}
	return up, first, nil
}

// finish ends the connection, and what the server knows of it.
func (c *client) finish(end *ending) {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.bid(end)
	c.idle.Close()
	c.srv.lose(c, end)
}

// attach puts the upstream connection in its place, unless all is over already.
func (c *client) attach(up *valetkey.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.up = up
	c.idle.SetReadDeadline(time.Time{})
	if c.end != nil && !c.end.patient {
		up.Close()
	}
}

// start has the connection end if it is to, from now on as soon as it can: the first bytes are on their way.
func (c *client) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = true
	c.hasten()
}

// hasten has sendDown end as soon as it can, if it is to.
func (c *client) hasten() {
	if c.end == nil || !c.started {
		return
	}
	if wait, known := c.end.wait(c.up.Blocker()); known {
		c.by = time.Now().Add(wait)
		c.up.SetReadDeadline(c.by)
	}
}

func (c *client) ending() *ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

func (c *client) dial() (*valetkey.Conn, error) {
	ctx, cancel := context.WithTimeout(c.srv.ctx, positive(c.srv.DialTimeout, 15*time.Second))
	defer cancel()
	up, err := c.srv.connect(ctx, c.node)
	if err != nil {
		return nil, err
	}
	return up.(*valetkey.Conn), nil
}

// goesOn reports whether there is more to come: always, unless the connection is ending. late says that nothing came in time.
func (c *client) goesOn(late bool) bool {
	c.mu.Lock() // another ending may come meanwhile, with a deadline of its own
	defer c.mu.Unlock()
	if c.end == nil {
		return true
	}
	wait, known := c.end.wait(c.up.Blocker())
	if late && known && wait > 0 {
		return time.Now().Before(c.by) // it was rest's time that came, just before the end began
	}
	c.by = by(wait, known)
	return wait > 0 && c.up.SetReadDeadline(c.by) == nil
}

// wait is how long the next reply of a connection that is ending may take. Only a known wait is one.
func (e *ending) wait(blocker string) (wait time.Duration, known bool) {
	switch session.Blocker(blocker) {
	case session.Free, session.Monitoring:
		return 0, true
	case session.Transaction, session.OneShot, session.Half:
		if !e.patient {
			return 0, true
		}
	}
	return linger, !e.patient
}

// by is the deadline for a wait: none where it is not known.
func by(wait time.Duration, known bool) time.Time {
	if !known {
		return time.Time{}
	}
	return time.Now().Add(wait)
}

// wind has the connection end. The first reason counts, except that one which waits for nothing overrides one that does. It may be
// called from anywhere.
func (c *client) wind(e ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil && (e.patient || !c.end.patient) {
		return
	}
	c.end = &e
	if c.up == nil {
		c.idle.SetReadDeadline(time.Now()) // it has sent nothing that matters
		return
	}
	c.hasten()
}

// sever ends the connection at once. TLS may take some seconds to say so upstream, where nobody reads.
func (c *client) sever() {
	c.wind(ending{reason: Severed})
	c.mu.Lock()
	up := c.up // if there is none yet, attach closes it
	c.mu.Unlock()
	c.idle.Close()
	if up != nil {
		up.Close()
	}
}

// bid says goodbye: the last error reply, and a moment for the client to read it. sendUp may go on reading meanwhile and
// finds that nothing more goes up.
func (c *client) bid(e *ending) {
	if e.text != "" {
		c.conn.SetWriteDeadline(time.Now().Add(farewell))
		c.conn.Write(resp.AppendError(nil, e.text))
	}
	half, ok := c.conn.(interface{ CloseWrite() error })
	if e.reason == Left || e.reason == Severed || !ok || half.CloseWrite() != nil {
		return
	}
	c.conn.SetReadDeadline(time.Now().Add(farewell))
	io.CopyN(io.Discard, c.conn, 1<<20)
}

func hangUp(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// writeEnding is the end of a connection on which the client's bytes cannot be sent on.
func writeEnding(err error) ending {
	if pe, ok := errors.AsType[*resp.ProtocolError](err); ok {
		return ending{reason: Malformed, err: err, text: "ERR " + pe.Text}
	}
	return ending{reason: UpstreamLost, err: err}
}

// readEnding is the end of a connection that the cache, or the connection itself, has ended.
func readEnding(err, cause error) ending {
	if cause != nil {
		err = cause
	}
	if _, ok := errors.AsType[*resp.ProtocolError](err); ok {
		return ending{reason: UpstreamMalformed, err: err}
	}
	return ending{reason: UpstreamLost, err: hangUp(err)}
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
