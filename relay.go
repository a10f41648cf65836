package valetkey

import (
	"crypto/tls"
	"io"

	"github.com/valetkey/valetkey/internal/parked"
	"github.com/valetkey/valetkey/internal/topology"
)

// AnswerLogins has the AUTH and HELLO … AUTH of the connection's client answered by check instead of being sent to the server: a
// relay's clients know nothing of tokens, and many insist on some password. check returns what to refuse a login with
// ("WRONGPASS …"), or "" to accept it; AUTH with a password alone is for the user "default". Of a HELLO, only the AUTH is taken out.
//
// check is called with the connection's lock held: it must be quick and not use the connection. Call AnswerLogins before the
// first Write.
func (c *Conn) AnswerLogins(check func(user, password string) (refusal string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.machine.Login = check
}

// RenameNodes has the nodes of a cluster renamed in what the server answers: in the replies to CLUSTER SLOTS, SHARDS, NODES and REPLICAS,
// queued in a transaction too, and in MOVED and ASK errors. It is for a relay in front of each node; rename says where. In a state of the connection
// in which such a reply could not be found, the request for it ends the connection.
//
// rename is called with the connection's lock held: it must be quick and not use the connection. Call RenameNodes before the first Write.
func (c *Conn) RenameNodes(rename topology.Rename) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.machine.Rename = rename
}

// Blocker says why the connection could not be authenticated again just now, in the words of [Event]'s Reason; "" if it could.
// Then, or where it is "monitor", it can be closed without losing anything but news: no request is half sent, no reply due and
// no transaction open.
func (c *Conn) Blocker() string { return string(c.blocker()) }

// Cause says why the connection has ended, if it has and not by its client's Close: what the server or the network did, or
// why it was not left to the server. Read and Write give only what a client of the server would see.
func (c *Conn) Cause() error {
	if !c.closed.given() {
		return nil
	}
	return c.end
}

// TryRead is Read for a relay with many idle connections: it returns 0 and no error instead of waiting, so that no buffer has to lie
// ready for what may come in hours. [Conn.Park] waits. Of a connection that cannot be waited for so (the relay's own DialFunc makes
// those that can), TryRead waits as Read does.
func (c *Conn) TryRead(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.closed.given() || !c.reader.try() {
		if n, err := c.queue(p); n > 0 || err != nil {
			return n, err
		}
	}
	defer c.reader.release()
	if below := c.below(); below != nil {
		below.Try(true)
		defer below.Try(false)
	}
	n, err := c.readOn(p)
	if err == parked.ErrEmpty {
		c.drained = true
		return 0, nil
	}
	return n, err
}

// Park waits until TryRead may find something, be it an error, or until the read deadline.
func (c *Conn) Park() error {
	if err := c.acquire(&c.reader, &c.readBy); err == io.EOF {
		return nil // what is left is TryRead's to give
	} else if err != nil {
		return c.opError("read", err)
	}
	defer c.reader.release()
	below := c.below()
	if below == nil || !c.dry() {
		return nil
	}
	if err := below.Park(); err != nil {
		return c.readError(err)
	}
	return nil
}

// Watch is Park without a goroutine that waits: wake is called, once, when TryRead may find something, when the read deadline is set and when the
// connection ends; now and then for nothing. wake must be quick. Watch reports false, and does nothing, where that cannot be done, or not now.
//
// A renewal that reads in the meantime sets a deadline for it, so it calls wake first.
func (c *Conn) Watch(wake func()) bool {
	if c.closed.given() || !c.reader.try() {
		return false
	}
	defer c.reader.release()
	below := c.below()
	return below != nil && c.dry() && below.Watch(wake)
}

// dry reports whether only the wire can bring something to read. It needs the reader baton.
func (c *Conn) dry() bool { return c.drained && c.failed == nil && c.backlog() == 0 }

// Trim gives back memory that only reading has needed, and reports whether there was some. It is for whoever has just been parked, and is worth it
// only where nothing is expected soon.
func (c *Conn) Trim() bool {
	if !c.reader.try() {
		return false
	}
	defer c.reader.release()
	secure, ok := c.raw.(*tls.Conn)
	return ok && c.drained && parked.Trim(secure)
}

// below is the connection below TLS if it can be parked.
func (c *Conn) below() *parked.Conn {
	raw := c.raw
	if secure, ok := raw.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	p, _ := raw.(*parked.Conn)
	return p
}
