package glide

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
)

var errTimedOut = errors.New("timed out")

// A patient is a scripted client whose server can be away, and whose source can fail.
type patient struct {
	script
	mint
	away, dry atomic.Bool

	told sync.Mutex // guards the rest
	all  []report
}

// A report is one call of OnStuck.
type report struct {
	Stuck
	at time.Time
}

func newPatient() *patient {
	p := &patient{}
	p.script.answer = func(context.Context) error {
		if p.away.Load() {
			return errTimedOut
		}
		return nil
	}
	p.mint.token = func(_ context.Context, n int) (valetkey.Token, error) {
		if p.dry.Load() {
			return valetkey.Token{}, errors.New("dry")
		}
		return numbered(n, 15*time.Minute), nil
	}
	return p
}

func (p *patient) keep(t *testing.T, test func(t *testing.T, k *Keeper)) {
	onStuck := func(s Stuck) {
		p.told.Lock()
		defer p.told.Unlock()
		p.all = append(p.all, report{s, time.Now()})
	}
	keeping(t, &p.script, &p.mint, Options{OnStuck: onStuck}, test)
}

func (p *patient) stuck() []report {
	p.told.Lock()
	defer p.told.Unlock()
	return append([]report(nil), p.all...)
}

func TestOutageLongerThanTheTokenIsReportedOnce(t *testing.T) {
	p := newPatient()
	p.keep(t, func(t *testing.T, k *Keeper) {
		pass(time.Hour + time.Minute)
		held := k.Stats().Expires
		p.away.Store(true)
		lost := time.Now()
		pass(held.Sub(lost) - time.Second)
		if s := k.Stats(); len(p.stuck()) != 0 || s.Stuck || s.SilentSince.Sub(lost) > 15*time.Second {
			t.Fatalf("reported %d times while the token held is good, stats %+v", len(p.stuck()), s)
		}
		pass(6 * time.Hour) // lazy updates say OK all the while
		if len(p.stuck()) != 1 || !k.Stats().Stuck {
			t.Fatalf("reported %d times, want once", len(p.stuck()))
		}
		within(t, "from expiry to report", p.stuck()[0].at.Sub(held), 0, 15*time.Second)
		s := p.stuck()[0]
		if !s.Expired.Equal(held) || !errors.Is(s.Err, errTimedOut) || s.Since.Sub(lost) > 15*time.Second {
			t.Errorf("told %+v, want expiry %v, loss %v and the error of Ping", s, held, lost)
		}
	})
}

func TestStuckIsReportedAgainAfterARecovery(t *testing.T) {
	p := newPatient()
	p.keep(t, func(t *testing.T, k *Keeper) {
		for want := 1; want <= 2; want++ {
			pass(time.Hour)
			p.away.Store(true)
			pass(time.Hour)
			p.away.Store(false)
			pass(time.Minute)
			if s := k.Stats(); len(p.stuck()) != want || s.Stuck || !s.SilentSince.IsZero() {
				t.Fatalf("reported %d times, want %d; stats %+v", len(p.stuck()), want, s)
			}
		}
	})
}

// The connection is lost before the first Ping.
func TestOutageFromTheStartIsReported(t *testing.T) {
	p := newPatient()
	p.life = 4 * time.Minute
	p.mint.token = nil
	p.keep(t, func(t *testing.T, k *Keeper) {
		start := time.Now()
		p.away.Store(true)
		pass(time.Hour)
		if len(p.stuck()) != 1 {
			t.Fatalf("reported %d times, want once", len(p.stuck()))
		}
		within(t, "from the start to the report", p.stuck()[0].at.Sub(start), 4*time.Minute, 4*time.Minute+15*time.Second)
	})
}

// The connection is lost after the source has failed for longer than a token lives: nothing can bring the client back.
func TestStaleTokenAtTheDisconnectIsReportedSoon(t *testing.T) {
	p := newPatient()
	p.keep(t, func(t *testing.T, k *Keeper) {
		pass(time.Hour)
		p.dry.Store(true)
		pass(20 * time.Minute)
		if len(p.stuck()) != 0 {
			t.Fatal("reported although Ping works")
		}
		p.away.Store(true)
		lost := time.Now()
		p.dry.Store(false)
		pass(time.Minute)
		if len(p.stuck()) != 1 {
			t.Fatalf("reported %d times, want once", len(p.stuck()))
		}
		within(t, "from the loss to the report", p.stuck()[0].at.Sub(lost), 30*time.Second, 45*time.Second)
	})
}

func TestShortOutageIsNotReported(t *testing.T) {
	p := newPatient()
	p.keep(t, func(t *testing.T, k *Keeper) {
		for range 50 {
			pass(20 * time.Minute)
			p.away.Store(true)
			pass(9 * time.Minute)
			p.away.Store(false)
		}
		if len(p.stuck()) != 0 {
			t.Errorf("reported %+v", p.stuck())
		}
	})
}

// A client that never worked, as one that connects lazily with a token that has died, is reported after the longest life a token can have.
func TestClientThatNeverWorkedIsReported(t *testing.T) {
	p := newPatient()
	p.away.Store(true)
	p.script.update = func(context.Context, int, bool) error { return errors.New("WRONGPASS") }
	p.keep(t, func(t *testing.T, k *Keeper) {
		start := time.Now()
		pass(20 * time.Minute)
		if len(p.stuck()) != 1 {
			t.Fatalf("reported %d times, want once", len(p.stuck()))
		}
		within(t, "from the start to the report", p.stuck()[0].at.Sub(start), 15*time.Minute, 15*time.Minute+15*time.Second)
	})
}

func TestUserWithoutPingIsNotStuck(t *testing.T) {
	p := newPatient()
	p.script.answer = func(context.Context) error {
		return errors.New("An error was signalled by the server: - PermissionDenied: User app has no permissions to run the 'ping' command")
	}
	p.keep(t, func(t *testing.T, k *Keeper) {
		pass(24 * time.Hour)
		if s := k.Stats(); len(p.stuck()) != 0 || !s.SilentSince.IsZero() {
			t.Errorf("reported %+v, stats %+v: the server has answered", p.stuck(), s)
		}
	})
}

func TestOnStuckMayStopTheKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &script{answer: func(context.Context) error { return errTimedOut }}
		keeper, rebuilt := make(chan *Keeper, 1), make(chan struct{})
		k := Keep(t.Context(), client, &mint{}, Options{OnStuck: func(Stuck) {
			(<-keeper).Stop()
			close(rebuilt)
		}})
		keeper <- k
		select {
		case <-rebuilt:
		case <-time.After(time.Hour):
			k.Stop()
			t.Error("OnStuck was not called, or did not return from Stop")
		}
	})
}

func TestMixedUpRepliesAreReportedAtOnce(t *testing.T) {
	for name, reply := range map[string]struct {
		text string
		err  error
	}{
		"another text": {text: "OK"},
		"no text":      {err: errors.New("unexpected return type from Valkey: got Int, expected String")},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient()
			p.script.update = func(_ context.Context, _ int, immediate bool) error {
				if immediate {
					p.script.pong, p.script.answer = reply.text, func(context.Context) error { return reply.err }
				}
				return nil
			}
			p.keep(t, func(t *testing.T, k *Keeper) {
				pass(time.Hour)
				if len(p.stuck()) != 0 {
					t.Fatalf("reported %+v before the update that mixes up", p.stuck())
				}
				if err := k.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if all := p.stuck(); len(all) != 1 || all[0].Err != ErrMixedUp || !all[0].at.Equal(time.Now()) {
					t.Errorf("reported %+v, want %v at once", all, ErrMixedUp)
				}
			})
		})
	}
}
