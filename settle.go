package valetkey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/valetkey/valetkey/internal/session"
)

const (
	// primed is how long requests are held back for a token that should be at hand.
	primed = 250 * time.Millisecond
	// fresh is how long a token that was fetched for a renewal may be used instead of asking again.
	fresh = time.Minute
	// resets is how often an AUTH behind the client's RESET is tried.
	resets = 3
)

var errNoToken = errors.New("no token at hand")

// settle sees to a need between two requests. It holds the wire baton and gives it back.
func (c *Conn) settle(need session.Need) {
	err := c.meet(need)
	if err != nil && need != session.Turn {
		c.shut(err)
	}
	c.letGo()
}

func (c *Conn) meet(need session.Need) error {
	switch need {
	case session.Turn:
		return c.takeTurn()
	case session.Auth:
		return c.afterReset()
	}
	if err := c.await(c.settled, time.Time{}, spareMost); err != nil {
		return err
	}
	if c.blocker() != session.Free {
		return nil // the machine will decide anew
	}
	if err := c.prove(); err != nil {
		return err
	}
	if need == session.Settled {
		return nil
	}
	return c.switchTo(need)
}

// switchTo takes the wire to RESP3 or back.
func (c *Conn) switchTo(need session.Need) error {
	v, err := c.exchange(func(m *session.Machine) []byte { return m.Switch(nil, need) })
	switch {
	case err != nil:
		return err
	case v.OK:
		return nil
	case need == session.RESP3: // a server without it: its subscribers are left alone
		c.mu.Lock()
		c.machine.LeaveSubscribers()
		c.mu.Unlock()
		return nil
	}
	return errors.New("the server refused to go back to RESP2: " + v.Text)
}

// takeTurn renews the connection if it is or becomes quiet.
func (c *Conn) takeTurn() error {
	err := c.await(c.settled, time.Now().Add(c.d.authTimeout()), spare)
	if err == nil && c.blocker() == session.Free {
		ctx, cancel := context.WithTimeout(context.Background(), primed)
		defer cancel()
		err = c.authenticate(ctx)
	}
	c.mu.Lock()
	c.force = false
	c.due = c.due && !errors.Is(err, errNoToken) // or every quiet moment would be held up
	early := err == nil && c.due
	c.mu.Unlock()
	switch {
	case err != nil && c.closed.given():
		c.missed(err)
	case errors.Is(err, errNoToken):
		go c.tick() // fetch one without holding anything back
	case errors.Is(err, errNotQuiet) || early:
		c.rearm(min(c.schedule.Retry(3), c.next()))
	case err != nil:
		c.missed(err)
	}
	return err
}

// afterReset authenticates again once RESET has been answered. Without that the connection must not be used.
func (c *Conn) afterReset() error {
	if err := c.await(c.settled, time.Time{}, spareMost); err != nil {
		return err
	}
	if b := c.blocker(); b != session.Free {
		return fmt.Errorf("RESET on a connection that cannot be followed (%s)", b)
	}
	var err error
	for n := range resets {
		ctx, cancel := context.WithTimeout(context.Background(), c.d.authTimeout())
		err = c.authenticate(ctx)
		cancel()
		if err == nil || !errors.Is(err, Refused) {
			return err
		}
		c.missed(err)
		c.pause(c.schedule.Retry(n))
	}
	return err
}

// pause waits, unless the connection is closed.
func (c *Conn) pause(d time.Duration) {
	select {
	case <-c.closed.done():
	case <-time.After(d):
	}
}

// authenticate sends AUTH on the quiet connection and takes its answer. A refusal leaves the session as it was.
func (c *Conn) authenticate(ctx context.Context) error {
	token, err := c.token(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoToken, err)
	}
	if token.User() != c.machine.User() {
		return &Error{Op: "renew", Subject: c.addr, Reason: CredentialsUnavailable,
			Err: errors.New("the source's token is for another user than the connection")}
	}
	if err := c.prove(); err != nil {
		return c.lose(err)
	}
	sent := time.Now()
	v, err := c.exchange(func(m *session.Machine) []byte { return m.Authenticate(nil, token.Secret()) })
	switch {
	case err != nil:
		return c.lose(err)
	case !v.OK:
		if f, ok := c.d.Source.(forgetter); ok {
			f.forget(token)
		}
		return &Error{Op: "renew", Subject: c.addr, Reason: Refused, Err: errors.New(v.Text)}
	}
	c.renewed(sent)
	return nil
}

// A fetched token is at hand for a source that takes longer than requests are held back.
type fetched struct {
	token Token
	at    time.Time
}

// keep holds on to a token that was fetched for a renewal.
func (c *Conn) keep(t Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.atHand = &fetched{t, time.Now()}
}

// token is what the source has now, or what it had a moment ago if it does not answer in time.
func (c *Conn) token(ctx context.Context) (Token, error) {
	t, err := c.d.token(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && c.atHand != nil && time.Since(c.atHand.at) < fresh {
		return c.atHand.token, nil
	}
	return t, err
}

// lose closes a connection on which an exchange of ours went wrong: what its next reply answers is no longer known.
func (c *Conn) lose(err error) error {
	c.shut(err)
	return &Error{Op: "renew", Subject: c.addr, Reason: ConnectionLost, Err: err}
}
