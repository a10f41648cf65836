//go:build cgo

package e2e

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/glide"
)

// shortTokens leaves the session limit out: these tests cut connections themselves.
func shortTokens(c *emulator.Config) { c.TokenLife = glideTokenLife }

// A tap is a source that can be shut.
type tap struct {
	valetkey.Source
	shut atomic.Bool
}

var errShut = errors.New("no credentials")

func (s *tap) Token(ctx context.Context) (valetkey.Token, error) {
	if s.shut.Load() {
		return valetkey.Token{}, errShut
	}
	return s.Source.Token(ctx)
}

// A patient is a client whose keeper tells when it is stuck.
type patient struct {
	client glideClient
	keeper *glide.Keeper
	stuck  chan glide.Stuck
}

func (s *stage) admit(t *testing.T, source valetkey.Source) patient {
	t.Helper()
	p := patient{client: s.connect(t, source), stuck: make(chan glide.Stuck, 1)}
	p.keeper = glide.Keep(t.Context(), p.client, source, glide.Options{
		Refresh: 250 * time.Millisecond,
		Reauth:  -1, // an immediate update to a client without a connection only takes the request timeout
		OnStuck: func(s glide.Stuck) { p.stuck <- s },
	})
	t.Cleanup(p.keeper.Stop)
	if !eventually(t, 10*time.Second, func() bool { return p.keeper.Stats().Lazy > 0 }) || !answers(t, p.client) {
		t.Fatalf("the client does not work to begin with; keeper: %+v", p.keeper.Stats())
	}
	return p
}

// A source that fails for longer than a token lives, and then a lost connection: nothing brings a standalone client back, not even the lazy
// updates it says OK to. Keep notices, and a new client works. A cluster client comes back by itself.
func TestGlideStaleAtTheDisconnect(t *testing.T) {
	eachKind(t, func(t *testing.T, kind glideKind) {
		s := kind.open(t, shortTokens)
		source := &tap{Source: s.Source()}
		p := s.admit(t, source)
		source.shut.Store(true)
		pastTime(t, time.Now().Add(glideTokenLife)) // what the source gave last has expired, even if that was just now
		if !answers(t, p.client) {
			t.Fatal("the client fails although only its token has expired")
		}
		s.CutAll()
		if !eventually(t, 10*time.Second, func() bool { return s.Stats().AuthenticationFailures > 0 }) {
			t.Fatal("the client did not try to come back with its stale token")
		}
		source.shut.Store(false)
		s.checkEnd(t, p)
	})
}

// An outage longer than a token lives, with a source that works all the while.
func TestGlideOutageLongerThanTheToken(t *testing.T) {
	eachKind(t, func(t *testing.T, kind glideKind) {
		s := kind.open(t, shortTokens)
		p := s.admit(t, s.Source())
		s.RefuseConnections(true)
		s.CutAll()
		pastTime(t, time.Now().Add(2*glideTokenLife))
		s.RefuseConnections(false)
		s.checkEnd(t, p)
	})
}

// checkEnd checks that a cluster client recovers, and that a standalone client does not, but is reported.
func (s *stage) checkEnd(t *testing.T, p patient) {
	t.Helper()
	if s.cluster {
		if !eventually(t, 30*time.Second, func() bool { return answers(t, p.client) }) {
			t.Errorf("the cluster client does not recover; keeper: %+v", p.keeper.Stats())
		}
		return
	}
	select {
	case stuck := <-p.stuck:
		t.Logf("stuck, reported %v after Ping began to fail: %v", time.Since(stuck.Since).Round(time.Millisecond), stuck.Err)
	case <-time.After(30 * time.Second):
		t.Fatalf("the stuck client was not reported; keeper: %+v", p.keeper.Stats())
	}
	before := p.keeper.Stats().Lazy
	if eventually(t, 3*time.Second, func() bool { return answers(t, p.client) }) {
		t.Error("the client answers again: GLIDE has no such trap any more, and Keep's documentation is wrong")
	}
	if now := p.keeper.Stats(); now.Lazy == before || !now.Stuck {
		t.Errorf("keeper: %+v, want lazy updates that the client took, and a stuck client", now)
	}
	s.rebuild(t, p)
}

// rebuild does what OnStuck's documentation says.
func (s *stage) rebuild(t *testing.T, p patient) {
	t.Helper()
	p.keeper.Stop()
	p.client.Close()
	if _, err := p.client.UpdateConnectionPassword(t.Context(), "x", false); err == nil {
		t.Error("a closed client takes an update: its keeper would never notice")
	}
	s.admit(t, s.Source()) // and checks that the new client works
}

// A short outage: the token held at the disconnect is still good, and both kinds come back.
func TestGlideShortOutage(t *testing.T) {
	eachKind(t, func(t *testing.T, kind glideKind) {
		s := kind.open(t) // tokens of 15 minutes
		p := s.admit(t, s.Source())
		s.RefuseConnections(true)
		s.CutAll()
		if !eventually(t, 30*time.Second, func() bool { return !p.keeper.Stats().SilentSince.IsZero() }) {
			t.Fatal("the outage was not noticed")
		}
		s.RefuseConnections(false)
		if !eventually(t, 30*time.Second, func() bool { return answers(t, p.client) }) {
			t.Errorf("the client does not come back; keeper: %+v", p.keeper.Stats())
		}
		if s := p.keeper.Stats(); s.Stuck {
			t.Errorf("keeper: %+v, want no stuck client", s)
		}
	})
}

// AUTH that the service refuses for a while, as when it throttles: the sessions go on, no command notices, the keeper tries again, and the
// client is left with a token that works.
func TestGlideRefusedReauth(t *testing.T) {
	eachKind(t, func(t *testing.T, kind glideKind) {
		s := kind.open(t, shortTokens)
		client := s.connect(t, s.Source())
		failures := make(chan error, 1000)
		o := scaledOptions
		o.OnError = func(err error) { failures <- err }
		keeper := glide.Keep(t.Context(), client, s.Source(), o)
		defer keeper.Stop()
		s.SetFault(emulator.IAMThrottled)
		go func() {
			for range 3 {
				if err := <-failures; !errors.Is(err, valetkey.Refused) {
					t.Errorf("the keeper was told %v, want %q", err, valetkey.Refused)
				}
			}
			s.SetFault(emulator.NoFault)
		}()
		var w workload
		w.run(lasting(t, 4*time.Second), t, client)
		if len(w.errors) > 0 {
			t.Errorf("%d of %d commands failed, the first with: %v", len(w.errors), w.commands, w.errors[0])
		}
		if !eventually(t, 10*time.Second, func() bool { return keeper.Stats().LastImmediate.After(keeper.Stats().LastErrorAt) }) ||
			keeper.Stats().Errors < 3 {
			t.Errorf("keeper: %+v, want three errors and the immediate update to succeed in the end", keeper.Stats())
		}
		s.CutAll()
		if !eventually(t, 30*time.Second, func() bool { return answers(t, client) }) {
			t.Error("the client cannot reconnect: it was left with a token that does not work")
		}
	})
}

// The tests would show nothing about TLS if the clients did not check the certificate.
func TestGlideChecksTheCertificate(t *testing.T) {
	eachKind(t, func(t *testing.T, kind glideKind) {
		s := kind.open(t)
		client, err := s.dial(t, s.Source(), nil)
		if err == nil {
			client.Close()
			t.Error("the client connected without the emulator's root certificate")
		}
	})
}
