//go:build cgo

package e2e

import (
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/glide"
	"github.com/valetkey/valetkey/verify"
)

// The limits of AWS, 15 minutes and 12 hours, scaled to seconds. A token's date has whole seconds, so that one second or two is
// left of a new one.
const (
	glideTokenLife    = 2 * time.Second
	glideSessionLimit = 1500 * time.Millisecond
	glideLifetimes    = 21
)

func scaled(c *emulator.Config) {
	c.TokenLife = glideTokenLife
	c.SessionLimit = glideSessionLimit
}

// scaledOptions keep the proportions of the defaults: many updates in the life of a token, two AUTHs and more in a session.
var scaledOptions = glide.Options{Refresh: 250 * time.Millisecond, Reauth: 500 * time.Millisecond}

// Twenty-one sessions long, every command is answered.
func TestGlideWithKeep(t *testing.T) {
	eachKind(t, func(t *testing.T, kind glideKind) {
		s := kind.open(t, scaled)
		client := s.connect(t, s.Source())
		o := scaledOptions
		o.OnError = func(err error) { t.Error(err) }
		o.OnStuck = func(stuck glide.Stuck) { t.Errorf("stuck: %+v", stuck) }
		keeper := glide.Keep(t.Context(), client, s.Source(), o)
		defer keeper.Stop()

		var w workload
		start := time.Now()
		w.run(lasting(t, glideLifetimes*glideSessionLimit), t, client)
		took := time.Since(start)
		keeper.Stop()

		kept, seen := keeper.Stats(), s.Stats()
		t.Logf("%d lifetimes in %v: %d commands, %d errors; keeper: %d lazy, %d immediate; server: %d connections, %d re-auths, %d expirations",
			glideLifetimes, took.Round(time.Millisecond), w.commands, len(w.errors), kept.Lazy, kept.Immediate,
			seen.Connections, seen.Reauths, seen.IamAuthenticationExpirations)
		if len(w.errors) > 0 {
			t.Errorf("%d of %d commands failed, the first with: %v", len(w.errors), w.commands, w.errors[0])
		}
		if w.commands < 10*glideLifetimes {
			t.Errorf("%d commands are too few to show anything", w.commands)
		}
		if kept.Immediate < 2*glideLifetimes || seen.Reauths < int64(kept.Immediate) {
			t.Errorf("the keeper made %d immediate updates and the server saw %d re-authentications, want at least %d and as many",
				kept.Immediate, seen.Reauths, 2*glideLifetimes)
		}
		if seen.Refusals != 0 {
			t.Errorf("the server refused %d times: %v", seen.Refusals, s.Refusals())
		}
		s.checkCuts(t)
	})
}

// checkCuts looks at the connections that the session limit has cut. A standalone client has one connection, which lives through everything.
// A cluster client has a second one to each node, for its own questions about the topology, to which GLIDE sends no AUTH: that
// one is cut, and no command notices.
func (s *stage) checkCuts(t *testing.T) {
	t.Helper()
	if n := s.renewedThenExpired(); n != 0 {
		t.Errorf("%d connections were cut although they had been re-authenticated", n)
	}
	seen := s.Stats()
	if !s.cluster && (seen.IamAuthenticationExpirations != 0 || seen.Connections != 1) {
		t.Errorf("%d sessions expired and %d connections were made, want none and one", seen.IamAuthenticationExpirations, seen.Connections)
	}
	if s.cluster && seen.IamAuthenticationExpirations == 0 {
		t.Error("no management connection has expired: either GLIDE re-authenticates it now, and the documentation of Keep is wrong, or there was no limit")
	}
}

// The same without Keep: the client is cut, and its token is stale when it comes back.
func TestGlideWithoutKeep(t *testing.T) {
	eachKind(t, func(t *testing.T, kind glideKind) {
		s := kind.open(t, scaled)
		client, start := s.connect(t, s.Source()), time.Now()
		w := workload{untilError: true}
		w.run(lasting(t, 10*glideSessionLimit), t, client)
		t.Logf("%d commands, %d errors; server: %d expirations, %d refusals", w.commands, len(w.errors),
			s.Stats().IamAuthenticationExpirations, s.Stats().Refusals)
		if len(w.errors) == 0 || s.Stats().IamAuthenticationExpirations == 0 {
			t.Errorf("%d errors and %d expired sessions, want some of both", len(w.errors), s.Stats().IamAuthenticationExpirations)
		}
		// By then the token is dead, and so is the last session that it could open.
		pastTime(t, start.Add(glideTokenLife+glideSessionLimit+500*time.Millisecond))
		if eventually(t, 3*time.Second, func() bool { return answers(t, client) }) {
			t.Error("the client answers again, without a new token")
		}
		s.checkStale(t)
		if !answers(t, s.connect(t, s.Source())) {
			t.Error("a new client with a fresh token fails too, so the old one may have failed for another reason")
		}
	})
}

// checkStale looks for the refusals of a token that has expired.
func (s *stage) checkStale(t *testing.T) {
	t.Helper()
	for _, refusal := range s.Refusals() {
		if refusal.Reason == verify.Expired {
			return
		}
	}
	t.Errorf("the server refused no expired token, but: %v", s.Refusals())
}
