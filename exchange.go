package valetkey

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/valetkey/valetkey/internal/session"
)

// spare and spareMost bound what is received for a client that is not reading, while something is waited for that can wait and
// that cannot.
const spare, spareMost = 1 << 20, 64 << 20

var (
	errNotQuiet  = errors.New("the connection did not become quiet")
	errUnsettled = errors.New("the connection was closed while waiting")
)

// prove makes sure that nothing is outstanding, where the count can be doubted.
func (c *Conn) prove() error {
	c.mu.Lock()
	doubtful := c.machine.Doubtful()
	c.mu.Unlock()
	if !doubtful {
		return nil
	}
	var nonce [16]byte
	rand.Read(nonce[:])
	secret := hex.EncodeToString(nonce[:])
	v, err := c.exchange(func(m *session.Machine) []byte { return m.Echo(nil, secret) })
	if err == nil && !v.OK {
		_, err = c.exchange(func(m *session.Machine) []byte { return m.Nonsense(nil, secret) })
	}
	return err
}

// exchange sends a command of ours and waits for its answer.
func (c *Conn) exchange(command func(*session.Machine) []byte) (session.Verdict, error) {
	c.mu.Lock()
	out := command(c.machine)
	c.mu.Unlock()
	by := time.Now().Add(c.d.authTimeout())
	if err := c.send(out, by); err != nil {
		return session.Verdict{}, err
	}
	if err := c.await(func() bool { return c.verdict().Done }, by, spareMost); err != nil {
		return session.Verdict{}, err
	}
	return c.verdict(), nil
}

// send writes a command of ours under a deadline of its own.
func (c *Conn) send(p []byte, by time.Time) error {
	c.borrow(&c.sending, c.raw.SetWriteDeadline, by)
	defer c.giveBack(&c.sending, c.raw.SetWriteDeadline, &c.writeBy)
	_, err := c.raw.Write(p)
	return err
}

// borrow takes a deadline of raw from the client, which may go on setting its own.
func (c *Conn) borrow(taken *bool, set func(time.Time) error, by time.Time) {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	*taken = true
	set(by)
}

func (c *Conn) giveBack(taken *bool, set func(time.Time) error, clients *deadline) {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	*taken = false
	set(clients.time())
}

// await waits until ok, reading itself where no client does, but no more than limit bytes for it. A zero by is none.
func (c *Conn) await(ok func() bool, by time.Time, limit int) error {
	var late <-chan time.Time
	if !by.IsZero() {
		timer := time.NewTimer(time.Until(by))
		defer timer.Stop()
		late = timer.C
	}
	for !ok() {
		if err := c.advance(ok, by, late, limit); err != nil {
			return err
		}
	}
	return nil
}

// advance waits for more replies, or reads them where no client does.
func (c *Conn) advance(ok func() bool, by time.Time, late <-chan time.Time, limit int) error {
	if c.closed.given() {
		return errUnsettled
	}
	if c.reader.tryLast() {
		defer c.reader.release()
		return c.readAsAgent(ok, by, limit)
	}
	news := c.reader.wait()
	defer c.reader.leave()
	if ok() || c.closed.given() || c.reader.freeFor(1) { // look again
		return nil
	}
	select {
	case <-late:
		return errNotQuiet
	case <-news:
		return nil
	}
}

// readAsAgent receives once, for the client that is not reading. It holds the reader baton.
func (c *Conn) readAsAgent(ok func() bool, by time.Time, limit int) error {
	if ok() {
		return nil
	}
	if c.failed != nil {
		return c.failed
	}
	if c.backlog() > limit {
		return errNotQuiet
	}
	c.borrow(&c.reading, c.raw.SetReadDeadline, by)
	defer c.giveBack(&c.reading, c.raw.SetReadDeadline, &c.readBy)
	c.drained = false
	var buf [4096]byte
	n, err := c.raw.Read(buf[:])
	if n > 0 {
		c.store(c.takeIn(buf[:n]))
	}
	switch {
	case err == nil:
		return nil
	case isDeadline(err):
		return errNotQuiet
	}
	c.failed = err
	c.hungUp(err)
	return err
}

// backlog is how much waits for the client's next Read.
func (c *Conn) backlog() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending)
}

func (c *Conn) settled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine.Settled()
}

func (c *Conn) blocker() session.Blocker {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine.Blocker()
}

func (c *Conn) verdict() session.Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine.Verdict()
}
