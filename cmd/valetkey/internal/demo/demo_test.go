package demo

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey/emulator"
)

// A director is a view that does something once, when the counts are ripe for it.
type director struct {
	ripe func(Counts) bool
	act  func()
	done bool
}

func (d *director) show(c Counts) {
	if !d.done && d.ripe(c) {
		d.done = true
		d.act()
	}
}

func (d *director) end(Counts) {}

func newTestStage(t *testing.T) *stage {
	t.Helper()
	s, err := newStage(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// renewed is the time when each connection has been renewed.
func renewed(c Counts) bool { return c.Open > 0 && c.Renewals >= int64(c.Open) }

// A run that is ended early keeps its promise all the same, if it came to renewals.
func TestEndedEarly(t *testing.T) {
	t.Parallel()
	s := newTestStage(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	d := &director{ripe: renewed, act: stop}
	r := s.play(ctx, time.Hour, d)
	if !r.OK || !r.Interrupted || r.Renewals < 10 || r.Commands < 100 || r.Tokens < 2 {
		t.Errorf("%s\n%+v", r.String(), r)
	}
}

func TestEndedAtOnce(t *testing.T) {
	t.Parallel()
	s := newTestStage(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r := s.play(ctx, time.Hour, &director{ripe: func(Counts) bool { return false }})
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "no renewal was seen") || r.Failed+r.Lost > 0 {
		t.Errorf("%s\n%+v", r.String(), r)
	}
}

// What goes wrong between the application and the engine is noticed, each time by the count that is for it.
func TestHarmIsNoticed(t *testing.T) {
	for name, tt := range map[string]struct {
		sessions time.Duration // that the run lasts
		harm     func(*testing.T, *stage)
		seen     func(Result) bool
	}{
		"connections cut off": {
			1,
			func(_ *testing.T, s *stage) { s.server.CutAll() },
			func(r Result) bool { return r.Failed > 0 && r.FirstError != "" },
		},
		"increments lost": {
			1,
			func(t *testing.T, s *stage) {
				if err := s.client.DecrBy(t.Context(), "counter0", 5).Err(); err != nil {
					t.Error(err)
				}
			},
			func(r Result) bool { return r.Lost == 5 && r.Failed == 0 },
		},
		"an element lost": {
			2,
			func(t *testing.T, s *stage) {
				var err error = redis.Nil // the embedded engine may serve the rightful reader first, so it is tried again, within a session
				for err == redis.Nil {
					err = s.client.BLPop(t.Context(), time.Second, "jobs").Err()
				}
				if err != nil {
					t.Error(err)
				}
			},
			func(r Result) bool { return r.Lost == 1 && r.Failed == 0 },
		},
		"a message too many": {
			1,
			func(t *testing.T, s *stage) {
				if err := s.client.Publish(t.Context(), "parting", "0").Err(); err != nil {
					t.Error(err)
				}
			},
			func(r Result) bool { return r.Failed == 1 && strings.Contains(r.FirstError, "parting") },
		},
		"renewals made impossible": {
			2,
			func(_ *testing.T, s *stage) { s.server.RevokeKey(emulator.ExampleAccessKeyID) },
			func(r Result) bool { return r.Replaced+r.Cut > 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTestStage(t)
			d := &director{ripe: renewed, act: func() { tt.harm(t, s) }}
			r := s.play(t.Context(), tt.sessions*SessionLimit, d)
			if r.OK || r.Err() == nil || !tt.seen(r) {
				t.Errorf("%s\n%+v", r.String(), r)
			}
			t.Log(r.Err())
		})
	}
}

// A renewal that one end does not know of is not waited for without end, and not passed over.
func TestRenewalNotSeen(t *testing.T) {
	t.Parallel()
	s := newTestStage(t)
	d := &director{ripe: renewed, act: func() { s.forge(t) }}
	r := s.play(t.Context(), SessionLimit, d)
	if r.OK || r.Seen == r.Renewals || !strings.Contains(r.Err().Error(), "the dialer counts") {
		t.Errorf("%s\n%+v", r.String(), r)
	}
}

// forge authenticates a connection again of which the dialer knows nothing: the server alone counts it.
func (s *stage) forge(t *testing.T) {
	t.Helper()
	token, err := s.server.Source().Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(&redis.Options{Addr: s.server.Addr(), TLSConfig: s.server.ClientTLS(),
		Username: token.User(), Password: token.Secret()})
	defer c.Close()
	if err := c.Do(t.Context(), "AUTH", token.User(), token.Secret()).Err(); err != nil {
		t.Fatal(err)
	}
}
