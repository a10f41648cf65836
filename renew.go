package valetkey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/valetkey/valetkey/internal/session"
)

var errRetired = errors.New("closed before the server would, because it could not be renewed")

// Renew authenticates the connection again, now. See [Dialer.Renew].
func (c *Conn) Renew(ctx context.Context) error {
	if _, err := c.d.token(ctx); err != nil {
		return err
	}
	before, _ := c.outcomes()
	c.want(true)
	for {
		renewals, done := c.outcomes()
		if renewals > before {
			return nil
		}
		select {
		case <-done:
		case <-c.closed.done():
			return nil // it needs no renewal any more
		case <-ctx.Done():
			return &Error{Op: "renew", Subject: c.addr, Reason: ConnectionLost, Err: c.explain(ctx.Err())}
		}
	}
}

// explain adds to the end of a wait what it was for.
func (c *Conn) explain(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trouble != nil {
		return errors.Join(c.trouble, err)
	}
	if b := c.machine.Blocker(); b != session.Free {
		return fmt.Errorf("not yet possible (%s): %w", b, err)
	}
	return err
}

// outcomes returns how many renewals there have been, and a channel that is closed when the next attempt ends.
func (c *Conn) outcomes() (renewals int32, done <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outcome == nil {
		c.outcome = make(chan struct{})
	}
	return c.renewals, c.outcome
}

// tick is called when the connection has come of an age at which something is due.
func (c *Conn) tick() {
	age := c.age()
	switch {
	case age >= c.schedule.Close:
		c.retire()
		return
	case age < c.schedule.After && !c.isWanted(): // renewed in the meantime
		c.rearm(c.schedule.After - age)
		return
	}
	// Nothing is held back while a token is fetched: by the time it is needed it is at hand. The timer goes on meanwhile.
	c.rearm(c.next())
	ctx, cancel := context.WithTimeout(context.Background(), c.d.authTimeout())
	defer cancel()
	t, err := c.d.token(ctx)
	if err != nil {
		c.missed(err)
		return
	}
	c.keep(t)
	c.want(age >= c.schedule.By)
}

func (c *Conn) isWanted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wanted
}

// next is the time until the next age at which more is to be done than now.
func (c *Conn) next() time.Duration {
	age := c.age()
	for _, at := range []time.Duration{c.schedule.After, c.schedule.By, c.schedule.Close} {
		if age < at {
			return at - age
		}
	}
	return 0
}

// rearm sets the time of the next tick, unless the connection is closed.
func (c *Conn) rearm(d time.Duration) { c.d.roster.rearm(c, d) }

// want asks for a renewal at the next quiet moment, which force has made by holding requests back.
func (c *Conn) want(force bool) {
	c.mu.Lock()
	c.wanted, c.due = true, true
	c.force = c.force || force
	blocker := c.machine.Blocker()
	c.mu.Unlock()
	if blocker != session.Free {
		c.d.emit(Event{Kind: Deferred, Addr: c.addr, Age: c.age(), Reason: string(blocker)})
	}
	c.renewIfFree()
}

// renewIfFree starts a renewal that is due if nobody is sending. Otherwise whoever sends comes back to it.
func (c *Conn) renewIfFree() {
	if !c.wire.try() {
		c.missedTurn.Store(true)
		if !c.wire.try() { // it may have been given back just before
			return
		}
	}
	c.mu.Lock()
	start := c.due && c.machine.Blocker() == session.Free
	c.mu.Unlock()
	if !start {
		c.wire.release()
		return
	}
	go c.settle(session.Turn)
}

// authenticated starts the session's clock anew, by the wall clock.
func (c *Conn) authenticated() { c.authAt.Store(time.Now().UnixNano()) }

// renewed takes note of an AUTH that was sent at the given time and accepted.
func (c *Conn) renewed(sent time.Time) {
	age := c.age()
	c.authAt.Store(sent.UnixNano())
	c.concluded(nil)
	c.rearm(c.schedule.After)
	c.d.emit(Event{Kind: Renewed, Addr: c.addr, Age: age})
}

// missed takes note of an attempt that failed and sets the time of the next. The session is as it was.
func (c *Conn) missed(err error) {
	n := c.concluded(err)
	if c.closed.given() && c.end == nil { // the client has closed it meanwhile
		return
	}
	c.d.emit(Event{Kind: Failed, Addr: c.addr, Age: c.age(), Err: err})
	c.rearm(min(c.schedule.Retry(n), max(c.schedule.Close-c.age(), 0)))
}

// concluded ends an attempt and returns how many had failed before it.
func (c *Conn) concluded(trouble error) (failed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	failed = int(c.attempts)
	c.attempts++
	if trouble == nil {
		c.attempts, c.wanted, c.atHand = 0, false, nil
		c.renewals++
	}
	c.due, c.trouble = false, trouble
	if c.outcome != nil {
		close(c.outcome)
		c.outcome = nil
	}
	return failed
}

// retire closes a connection that could not be renewed in time, before the server does, so that its client dials a new one.
func (c *Conn) retire() {
	c.d.emit(Event{Kind: Replaced, Addr: c.addr, Age: c.age(), Reason: string(c.blocker())})
	c.shut(errRetired)
}
