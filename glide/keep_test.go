package glide

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
)

// A week of 12-hour sessions and 15-minute tokens.
func TestKeepsTheTwoIntervals(t *testing.T) {
	client, source := &script{}, &mint{}
	keeping(t, client, source, Options{}, func(t *testing.T, k *Keeper) {
		start := time.Now()
		pass(7 * 24 * time.Hour)
		lastPush, lastAuth, auths := start, start, 0
		for i, p := range client.seen() {
			if want := fmt.Sprintf("secret-%d", i+1); p.token != want {
				t.Fatalf("push %d is %q, want a new token each time, %q", i+1, p.token, want)
			}
			within(t, "since the last push", p.at.Sub(lastPush), 0, 5*time.Minute)
			lastPush = p.at
			if p.immediate {
				within(t, "since the last AUTH", p.at.Sub(lastAuth), 324*time.Minute, 396*time.Minute)
				lastAuth, auths = p.at, auths+1
			}
		}
		if first := client.seen()[0]; first.immediate || !first.at.Equal(start) {
			t.Errorf("first push %+v, want a lazy one at once, so that a lazy client connects while its token is fresh", first)
		}
		s := k.Stats()
		if s.Immediate != uint64(auths) || s.Lazy+s.Immediate != uint64(len(client.seen())) || s.Errors != 0 {
			t.Errorf("stats %+v do not say %d AUTHs of %d pushes", s, auths, len(client.seen()))
		}
		within(t, "days of AUTH", time.Duration(auths), 25, 31)
		within(t, "life left of the stored token", time.Until(s.Expires), 10*time.Minute, 15*time.Minute)
	})
}

func TestFleetDoesNotSignInTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := map[time.Time]bool{}
		for range 20 {
			client := &script{}
			k := Keep(t.Context(), client, &mint{}, Options{Watch: -1})
			k.Stop() // after which the schedule is nobody else's
			times[k.schedule.reauth] = true
		}
		if len(times) < 10 {
			t.Errorf("20 keepers share %d moments of re-authentication", len(times))
		}
	})
}

func TestNegativeMeansNever(t *testing.T) {
	client := &script{}
	keeping(t, client, &mint{}, Options{Reauth: -1, Watch: -1}, func(t *testing.T, k *Keeper) {
		pass(48 * time.Hour)
		if s := k.Stats(); s.Immediate != 0 || s.Lazy == 0 || client.pings() != 0 {
			t.Errorf("%d immediate updates, %d lazy ones, %d pings; want lazy ones only", s.Immediate, s.Lazy, client.pings())
		}
	})
}

func TestScalesToFractionsOfASecond(t *testing.T) {
	client, source := &script{}, &mint{life: 2 * time.Second}
	o := Options{Refresh: 250 * time.Millisecond, Reauth: 500 * time.Millisecond}
	keeping(t, client, source, o, func(t *testing.T, k *Keeper) {
		pass(10 * time.Second)
		s := k.Stats()
		within(t, "immediate", time.Duration(s.Immediate), 18, 22)
		within(t, "all", time.Duration(s.Immediate+s.Lazy), 40, 62)
		within(t, "pings", time.Duration(client.pings()), 75, 101)
	})
}

// The last token before the signing credentials end is short-lived: the next one must not wait for five minutes.
func TestShortLivedTokenIsReplacedEarly(t *testing.T) {
	client := &script{}
	keeping(t, client, &mint{life: 4 * time.Minute}, Options{}, func(t *testing.T, k *Keeper) {
		pass(time.Hour)
		last := time.Now().Add(-time.Hour)
		for _, p := range client.seen() {
			within(t, "since the last push", p.at.Sub(last), 0, 2*time.Minute)
			last = p.at
		}
	})
}

func TestSourceErrorIsTriedAgainWithBackoff(t *testing.T) {
	cause := errors.New("no credentials today")
	client, source := &script{}, &mint{}
	source.token = func(_ context.Context, n int) (valetkey.Token, error) {
		if n > 1 && n < 9 {
			return valetkey.Token{}, cause
		}
		return numbered(n, 15*time.Minute), nil
	}
	told := make(chan error, 100)
	o := Options{Reauth: -1, OnError: func(err error) { told <- err }}
	keeping(t, client, source, o, func(t *testing.T, k *Keeper) {
		pass(12 * time.Minute)
		if len(client.seen()) != 2 || len(source.calls()) != 9 {
			t.Fatalf("%d pushes and %d calls of the source, want 2 and 9", len(client.seen()), len(source.calls()))
		}
		for i, want := range []time.Duration{5, 10, 20, 40, 80, 80, 80} {
			want *= time.Second
			within(t, "backoff", source.calls()[i+2].Sub(source.calls()[i+1]), want*9/10, want*11/10)
		}
		s := k.Stats()
		if s.Errors != 7 || len(told) != 7 || !errors.Is(s.LastError, cause) || !errors.Is(<-told, cause) {
			t.Errorf("%d errors, %d told, last %v; want 7 of %v", s.Errors, len(told), s.LastError, cause)
		}
	})
}

// "Connection in recovery" of a cluster client means that nothing was stored.
func TestClientErrorIsTriedAgain(t *testing.T) {
	client := &script{}
	client.update = func(_ context.Context, n int, _ bool) error {
		if n < 4 {
			return errors.New("Connection in recovery- ClientError")
		}
		return nil
	}
	keeping(t, client, &mint{}, Options{}, func(t *testing.T, k *Keeper) {
		pass(39 * time.Second)
		s := k.Stats()
		if s.Errors != 3 || s.Lazy != 1 || !errors.Is(s.LastError, valetkey.ConnectionLost) {
			t.Errorf("stats %+v, want three errors for a lost connection and then one lazy update", s)
		}
	})
}

func TestNeverStoresAUselessToken(t *testing.T) {
	for name, token := range map[string]func() valetkey.Token{
		"empty":   func() valetkey.Token { return valetkey.NewToken("app", "", time.Now().Add(time.Hour)) },
		"zero":    func() valetkey.Token { return valetkey.Token{} },
		"expired": func() valetkey.Token { return valetkey.NewToken("app", "s3cret", time.Now().Add(-time.Second)) },
		"ending":  func() valetkey.Token { return valetkey.NewToken("app", "s3cret", time.Now().Add(29*time.Second)) },
	} {
		t.Run(name, func(t *testing.T) {
			client, source := &script{}, &mint{}
			source.token = func(context.Context, int) (valetkey.Token, error) { return token(), nil }
			keeping(t, client, source, Options{}, func(t *testing.T, k *Keeper) {
				pass(7 * time.Hour) // immediate updates too
				s := k.Stats()
				if len(client.seen()) != 0 || !errors.Is(s.LastError, valetkey.CredentialsUnavailable) {
					t.Errorf("%d pushes, last error %v; want none and %q", len(client.seen()), s.LastError, valetkey.CredentialsUnavailable)
				}
				if strings.Contains(fmt.Sprintf("%+v %v", s, s.LastError), "s3cret") {
					t.Errorf("the token is in %v", s.LastError)
				}
			})
		})
	}
}

// A token whose end is not known is taken to live as long as a token can.
func TestTokenWithoutExpiryIsStored(t *testing.T) {
	source := &mint{token: func(context.Context, int) (valetkey.Token, error) {
		return valetkey.NewToken("app", "x", time.Time{}), nil
	}}
	keeping(t, &script{}, source, Options{}, func(t *testing.T, k *Keeper) {
		pass(time.Hour)
		s := k.Stats()
		if s.Lazy != 13 || s.Errors != 0 {
			t.Errorf("stats %+v, want a lazy update every five minutes", s)
		}
		within(t, "life left", time.Until(s.Expires), 10*time.Minute, 15*time.Minute)
	})
}

func TestFailedAuthStoresTheNextTokenAtOnce(t *testing.T) {
	client := &script{}
	client.update = func(_ context.Context, n int, immediate bool) error {
		if immediate && n < 100 {
			return errors.New("WRONGPASS: invalid username-password pair or user is disabled.")
		}
		return nil
	}
	keeping(t, client, &mint{}, Options{}, func(t *testing.T, k *Keeper) {
		pass(7 * time.Hour)
		seen := client.seen()
		for i, p := range seen {
			if !p.immediate || i+1 >= 100 {
				continue
			}
			next := seen[i+1]
			if next.immediate || !next.at.Equal(p.at) || next.token == p.token {
				t.Fatalf("after the failed %+v came %+v, want a lazy update with another token at once", p, next)
			}
		}
		s := k.Stats()
		if s.Immediate == 0 || s.Errors == 0 || !errors.Is(s.LastError, valetkey.Refused) {
			t.Errorf("stats %+v, want refusals and then a success", s)
		}
		within(t, "time from the last error to the success", s.LastImmediate.Sub(s.LastErrorAt), time.Second, 88*time.Second)
	})
}

// A source that caches hands out the refused token again for a while.
func TestSuspectTokenIsReplacedSoon(t *testing.T) {
	client, source := &script{}, &mint{}
	source.token = func(_ context.Context, n int) (valetkey.Token, error) { // the same one for a minute
		return valetkey.NewToken("app", time.Now().Truncate(time.Minute).String(), time.Now().Add(14*time.Minute)), nil
	}
	client.update = func(_ context.Context, _ int, immediate bool) error {
		if immediate {
			return errors.New("WRONGPASS")
		}
		return nil
	}
	keeping(t, client, source, Options{Watch: -1}, func(t *testing.T, k *Keeper) {
		if err := k.Renew(t.Context()); !errors.Is(err, valetkey.Refused) {
			t.Fatalf("Renew: %v, want %q", err, valetkey.Refused)
		}
		refused := client.seen()[1].token
		pass(2 * time.Minute)
		if seen := client.seen(); seen[len(seen)-1].token == refused {
			t.Errorf("two minutes later the refused token is still stored, after %d pushes", len(seen))
		}
	})
}

func TestHangingCallsAreGivenUp(t *testing.T) {
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	client, source := &script{}, &mint{}
	source.token = func(ctx context.Context, n int) (valetkey.Token, error) {
		if n == 1 {
			return valetkey.Token{}, hang(ctx)
		}
		return numbered(n, 15*time.Minute), nil
	}
	client.update = func(ctx context.Context, n int, _ bool) error {
		if n == 1 {
			return hang(ctx)
		}
		return nil
	}
	client.answer = hang
	keeping(t, client, source, Options{}, func(t *testing.T, k *Keeper) {
		pass(2 * time.Minute)
		if s := k.Stats(); s.Errors != 2 || s.Lazy != 1 || s.SilentSince.IsZero() {
			t.Errorf("stats %+v, want two errors, one lazy update, and silence noticed", s)
		}
	})
}

// Timers stand still in a suspended machine; tokens do not.
func TestWallClockDecides(t *testing.T) {
	o, start := Options{}.withDefaults(), now()
	s := newSchedule(o, start)
	s.stored(o, start, start.Add(15*time.Minute))
	if wait := s.wait(start); wait > longestNap {
		t.Errorf("sleeps %v at a stretch, want at most %v, to see that the clock has jumped", wait, longestNap)
	}
	if due(s.refresh, start.Add(time.Minute)) || !due(s.refresh, start.Add(time.Hour)) {
		t.Error("a refresh is due when the clock says so")
	}
}
