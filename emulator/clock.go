package emulator

import (
	"strings"
	"sync"
	"time"

	"github.com/valetkey/valetkey/verify"
)

// A clock is the time of day and what [Server.Advance] has added to it. The zero value has nothing added; it is safe for
// concurrent use.
type clock struct {
	mu    sync.RWMutex
	jumps []jump // in the order of time
}

// A jump makes what existed at a moment older.
type jump struct {
	at time.Time
	by time.Duration
}

func (c *clock) now() time.Time { return time.Now().Add(c.skippedSince(time.Time{})) }

// skippedSince is by how much something that has existed since then is older than the time of day says.
func (c *clock) skippedSince(then time.Time) (d time.Duration) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, j := range c.jumps {
		if then.Before(j.at) {
			d += j.by
		}
	}
	return d
}

func (c *clock) jump(at time.Time, by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jumps = append(c.jumps, jump{at, by})
}

// Advance makes d pass at once for everything that exists: tokens signed so far, access keys that expire, sessions, which end
// if their time has come, and aws:CurrentTime. What is signed afterwards is new, and a client that signs by its own clock goes
// on working as it would after a sleep of that length. Tokens are dated by the second, so Advance first waits for the next
// one, to tell the old from the new. It returns early when the server is closed; d that is not positive does nothing.
func (s *Server) Advance(d time.Duration) {
	if d <= 0 || s.prepare() != nil {
		return
	}
	at := time.Now().Truncate(time.Second).Add(time.Second)
	wait := time.NewTimer(time.Until(at))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-s.ctx.Done():
		return
	}
	s.clock.jump(at, d)
	for _, c := range s.connections() {
		c.session.age(d)
	}
}

// signedAt finds a token's date without judging it. What is no token has none, and is refused for that.
func signedAt(token string) time.Time {
	const name, layout = "X-Amz-Date=", "20060102T150405Z"
	_, rest, _ := strings.Cut(token, name)
	t, _ := time.Parse(layout, rest[:min(len(layout), len(rest))])
	return t
}

// verify checks a token at the time that it is for the token, and returns its claims by the time of day.
func (s *Server) verify(token string, want verify.Want) (verify.Claims, error) {
	ahead := s.clock.skippedSince(signedAt(token))
	want.At = time.Now().Add(ahead)
	v := s.verifier
	v.Keys = keysAhead{&s.keys, ahead}
	claims, err := v.Verify(token, want)
	claims.ExpiresAt = claims.ExpiresAt.Add(-ahead)
	return claims, err
}

// keysAhead are the keys as a token sees them whose clock is that much ahead.
type keysAhead struct {
	*keyring
	ahead time.Duration
}

// Key returns the access key with that id, its end by the token's clock.
func (k keysAhead) Key(id string) (verify.Key, bool) {
	key, ok := k.keyring.Key(id)
	if !key.Expires.IsZero() {
		key.Expires = key.Expires.Add(k.ahead)
	}
	return key, ok
}
