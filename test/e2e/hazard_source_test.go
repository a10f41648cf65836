package e2e

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// A lameSource hands out tokens after a time, always or every other time, or fails.
type lameSource struct {
	valetkey.Source
	mu     sync.Mutex
	takes  time.Duration
	every  int // how many calls there are to one that takes its time
	called int
	err    error
}

func (l *lameSource) be(takes time.Duration, every int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takes, l.every, l.err, l.called = takes, every, err, 0
}

func (l *lameSource) Token(ctx context.Context) (valetkey.Token, error) {
	l.mu.Lock()
	l.called++
	takes, err := l.takes, l.err
	if l.every > 0 && l.called%l.every != 0 {
		takes = 0
	}
	l.mu.Unlock()
	if err != nil {
		return valetkey.Token{}, err
	}
	select {
	case <-time.After(takes):
		return l.Source.Token(ctx)
	case <-ctx.Done():
		return valetkey.Token{}, ctx.Err()
	}
}

// waits sends a PING every now and then and returns how long they waited together, and the longest.
func waits(t *testing.T, c *plainClient, d, every time.Duration) (all, longest time.Duration) {
	t.Helper()
	for start := time.Now(); time.Since(start) < d; time.Sleep(every) {
		sent := time.Now()
		if err := c.ask("+PONG\r\n", "PING"); err != nil {
			t.Fatal(err)
		}
		all += time.Since(sent)
		longest = max(longest, time.Since(sent))
	}
	return all, longest
}

// Whatever becomes of the source at the time of a renewal, no request waits for it longer than a quarter of a second, and few do; and
// a source that takes longer than that renews connections all the same.
func TestLameSources(t *testing.T) {
	for name, lame := range map[string]struct {
		takes time.Duration
		every int
		err   error
		heals bool
	}{
		"hangs":       {takes: time.Hour, every: 1, heals: true},
		"fails":       {err: errors.New("no credentials"), heals: true},
		"slow":        {takes: 400 * time.Millisecond, every: 1},
		"hangs, then": {takes: time.Hour, every: 2},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
				src := &lameSource{Source: srv.Source()}
				d.Source = src
				c := newPlainClient(t, d)
				waits(t, c, 5*time.Hour, time.Minute)
				src.be(lame.takes, lame.every, lame.err)
				all, longest := waits(t, c, 70*time.Minute, 100*time.Millisecond)
				if lame.heals {
					src.be(0, 0, nil)
				}
				waits(t, c, time.Hour, time.Minute)
				synctest.Wait()
				t.Logf("requests waited %v, the longest %v", all, longest)
				if longest > 250*time.Millisecond || all > 2*time.Second || d.Stats().Renewed == 0 {
					t.Errorf("waited %v, the longest %v; %+v", all, longest, d.Stats())
				}
			})
		})
	}
}

// A source that hangs when the quiet moment comes at last, long after the renewal fell due, holds one request back, not each of them.
func TestSourceHangsWhenQuietComes(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		src := &lameSource{Source: srv.Source()}
		d.Source = src
		c := newPlainClient(t, d)
		if err := c.send("BLPOP", "empty", "25000"); err != nil { // from before the time to renew to behind it
			t.Fatal(err)
		}
		time.Sleep(6*time.Hour + 30*time.Minute)
		src.be(time.Hour, 1, nil)
		if err := c.expect("*-1\r\n"); err != nil {
			t.Fatal(err)
		}
		all, longest := waits(t, c, 5*time.Minute, 100*time.Millisecond)
		if longest > 250*time.Millisecond || all > time.Second {
			t.Errorf("requests waited %v in five minutes, the longest %v", all, longest)
		}
		src.be(0, 0, nil)
		waits(t, c, 20*time.Minute, time.Second)
		if n := d.Stats().Renewed; n != 1 {
			t.Errorf("%d renewals once the source was well", n)
		}
	})
}
