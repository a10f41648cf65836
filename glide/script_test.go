package glide

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
)

// A push is one call of UpdateConnectionPassword.
type push struct {
	at        time.Time
	token     string
	immediate bool
}

// A script is a client that does what a test says and writes down what it is asked. The clock is the bubble's, so these tests are about
// when Keep does what; what GLIDE does with it is tested with GLIDE, in test/e2e.
type script struct {
	update func(ctx context.Context, n int, immediate bool) error // n counts from 1
	answer func(ctx context.Context) error                        // to Ping
	pong   string                                                 // what Ping returns if not PONG

	mu     sync.Mutex
	pushes []push
	asked  int // by Ping
}

func (s *script) UpdateConnectionPassword(ctx context.Context, password string, immediate bool) (string, error) {
	s.mu.Lock()
	s.pushes = append(s.pushes, push{time.Now(), password, immediate})
	n := len(s.pushes)
	s.mu.Unlock()
	if s.update != nil {
		if err := s.update(ctx, n, immediate); err != nil {
			return "", err
		}
	}
	return "OK", nil
}

func (s *script) Ping(ctx context.Context) (string, error) {
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	if s.answer != nil {
		if err := s.answer(ctx); err != nil {
			return "", err
		}
	}
	return cmp.Or(s.pong, "PONG"), nil
}

func (s *script) seen() []push {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]push(nil), s.pushes...)
}

func (s *script) pings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// A mint is a source of numbered tokens.
type mint struct {
	life  time.Duration // of each token; 15 minutes if zero
	token func(ctx context.Context, n int) (valetkey.Token, error)

	mu    sync.Mutex
	times []time.Time
}

func (m *mint) calls() []time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]time.Time(nil), m.times...)
}

func (m *mint) Token(ctx context.Context) (valetkey.Token, error) {
	m.mu.Lock()
	m.times = append(m.times, time.Now())
	n := len(m.times)
	m.mu.Unlock()
	if m.token != nil {
		return m.token(ctx, n)
	}
	return numbered(n, or(m.life, 15*time.Minute)), nil
}

func numbered(n int, life time.Duration) valetkey.Token {
	return valetkey.NewToken("app", fmt.Sprintf("secret-%d", n), time.Now().Add(life))
}

// keeping runs a test with a running keeper in a bubble.
func keeping(t *testing.T, client *script, source *mint, o Options, test func(t *testing.T, k *Keeper)) {
	synctest.Test(t, func(t *testing.T) {
		k := Keep(t.Context(), client, source, o)
		defer k.Stop()
		test(t, k)
	})
}

// pass lets time go by and everything settle.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func within(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %v, want between %v and %v", what, got, low, high)
	}
}
