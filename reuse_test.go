package valetkey

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// mustToken returns a source's token.
func mustToken(t *testing.T, s Source) Token {
	t.Helper()
	token, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func same(a, b Token) bool { return a.Secret() == b.Secret() }

func TestReuseKeepsForD(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{0: time.Minute, 5 * time.Minute: 5 * time.Minute, time.Hour: 15*time.Minute - 30*time.Second} {
		at(t, newYear, func(t *testing.T) {
			r := Reuse(&Signer{Target: valid, Credentials: staticCreds}, d)
			first := mustToken(t, r)
			time.Sleep(want - 1)
			if !same(mustToken(t, r), first) {
				t.Errorf("d %v: a new token before %v have passed", d, want)
			}
			time.Sleep(time.Nanosecond)
			if same(mustToken(t, r), first) {
				t.Errorf("d %v: the old token after %v", d, want)
			}
		})
	}
}

// The Signer's floor holds for a kept token too.
func TestReuseKeepsTheFloor(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		c := keys("AKID")
		c.CanExpire, c.Expires = true, newYear.Add(10*time.Minute)
		p := &provider{creds: c}
		r := Reuse(&Signer{Target: valid, Credentials: aws.NewCredentialsCache(p), Floor: 2 * time.Minute}, time.Hour)
		first := mustToken(t, r)
		time.Sleep(8*time.Minute - 1)
		if !first.Expires().Equal(c.Expires) || !same(mustToken(t, r), first) {
			t.Errorf("%v, but the credentials expire at %v", first, c.Expires)
		}
		time.Sleep(2 * time.Nanosecond)
		if token, err := r.Token(t.Context()); !errors.Is(err, CredentialsUnavailable) {
			t.Errorf("%v, %v with %v left", token, err, time.Until(first.Expires()))
		}
		c.Expires = newYear.Add(time.Hour)
		p.set(c, nil)
		if token := mustToken(t, r); !token.Expires().Equal(newYear.Add(23 * time.Minute)) {
			t.Errorf("%v after the credentials were extended", token)
		}
	})
}

// A token is not handed out again once other credentials would sign, whether the provider caches or not.
func TestReuseNoticesOtherCredentials(t *testing.T) {
	session := keys("ONE")
	session.SessionToken = "another"
	for name, next := range map[string]aws.Credentials{"key": keys("TWO"), "session token": session} {
		at(t, newYear, func(t *testing.T) {
			p := &provider{creds: keys("ONE")}
			cache := aws.NewCredentialsCache(p)
			for _, creds := range []aws.CredentialsProvider{p, cache} {
				p.set(keys("ONE"), nil)
				cache.Invalidate()
				r := Reuse(&Signer{Target: valid, Credentials: creds}, 0)
				first := mustToken(t, r)
				time.Sleep(time.Second)
				if !same(mustToken(t, r), first) {
					t.Errorf("%s, %T: a new token for the same credentials", name, creds)
				}
				p.set(next, nil)
				cache.Invalidate()
				if next.SessionToken != "" { // somebody else has filled the cache again
					cache.Retrieve(t.Context())
				}
				if second := mustToken(t, r); same(second, first) || !same(mustToken(t, r), second) {
					t.Errorf("%s, %T: %v and %v", name, creds, first, second)
				}
			}
		})
	}
}

// An emptied cache whose provider hangs does not hold up a caller for longer than he wants to wait.
func TestReuseOfAnEmptiedCache(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		p := &provider{creds: keys("AKID")}
		cache := aws.NewCredentialsCache(p)
		r := Reuse(&Signer{Target: valid, Credentials: cache}, 0)
		mustToken(t, r)
		p.slow(func(context.Context) { <-release })
		cache.Invalidate()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := r.Token(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// Credentials that expire are replaced in the SDK's cache; the token goes with them although its time is not over.
func TestReuseFollowsTheCache(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		p := &provider{}
		rotate := func(id string) {
			c := keys(id)
			c.CanExpire, c.Expires = true, time.Now().Add(time.Hour)
			p.set(c, nil)
		}
		rotate("ONE")
		r := Reuse(&Signer{Target: valid, Credentials: aws.NewCredentialsCache(p)}, 0)
		time.Sleep(time.Hour - 31*time.Second)
		mustToken(t, r)
		rotate("TWO")
		time.Sleep(31 * time.Second)
		if token := mustToken(t, r); !strings.Contains(token.Secret(), "Credential=TWO%2F") || p.count() != 2 {
			t.Errorf("the token of the expired credentials after %d calls", p.count())
		}
	})
}

func TestReuseSharesOneFetch(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		p := &provider{creds: keys("AKID"), before: func(context.Context) { time.Sleep(time.Second) }}
		r := Reuse(&Signer{Target: valid, Credentials: p}, 0)
		tokens := make([]Token, 100)
		var wg sync.WaitGroup
		for i := range tokens {
			wg.Go(func() { tokens[i] = mustToken(t, r) })
		}
		wg.Wait()
		for _, token := range tokens {
			if !same(token, tokens[0]) {
				t.Fatalf("%v and %v", token, tokens[0])
			}
		}
		if p.count() != 1 || time.Since(newYear) != time.Second {
			t.Errorf("%d calls of the provider in %v, want 1", p.count(), time.Since(newYear))
		}
	})
}

// Each caller waits no longer than he wants to, and the one that started the fetch may leave without ending it.
func TestReuseBoundsEachWait(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		p := &provider{creds: keys("AKID"), before: func(ctx context.Context) {
			select {
			case <-time.After(5 * time.Second):
			case <-ctx.Done():
				t.Error("the fetch was cancelled")
			}
		}}
		r := Reuse(&Signer{Target: valid, Credentials: p}, 0)
		var wg sync.WaitGroup
		wait := func(limit, want time.Duration, reason error) {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				token, err := r.Token(ctx)
				if !errors.Is(err, reason) || (err == nil) != (token.Secret() != "") || time.Since(newYear) != want {
					t.Errorf("limit %v: %v, %v after %v", limit, token, err, time.Since(newYear))
				}
			})
			synctest.Wait()
		}
		wait(time.Second, time.Second, context.DeadlineExceeded)
		wait(2*time.Second, 2*time.Second, CredentialsUnavailable)
		wait(time.Minute, 5*time.Second, nil)
		wait(time.Hour, 5*time.Second, nil)
		wg.Wait()
		if p.count() != 1 {
			t.Errorf("%d calls of the provider, want 1", p.count())
		}
	})
}

// While the provider fails or hangs the token at hand serves, but for no longer than it would have served anyway.
func TestReuseWhileTheProviderFails(t *testing.T) {
	for name, p := range map[string]*provider{
		"fails": {},
		"hangs": {before: func(context.Context) { time.Sleep(11 * time.Second) }},
	} {
		at(t, newYear, func(t *testing.T) {
			slow := p.before
			p.slow(nil)
			p.set(keys("AKID"), nil)
			r := Reuse(&Signer{Target: valid, Credentials: p}, 0)
			first := mustToken(t, r)
			p.set(keys("AKID"), errors.New("down"))
			p.slow(slow)
			time.Sleep(30 * time.Second)
			if !same(mustToken(t, r), first) {
				t.Errorf("%s: another token", name)
			}
			time.Sleep(time.Until(newYear.Add(59 * time.Second)))
			token, err := r.Token(t.Context())
			if slow == nil && (err != nil || !same(token, first)) || slow != nil && !errors.Is(err, CredentialsUnavailable) {
				t.Errorf("%s: %v, %v a second before the end", name, token, err)
			}
			time.Sleep(time.Second)
			if token, err := r.Token(t.Context()); !errors.Is(err, CredentialsUnavailable) {
				t.Errorf("%s: %v, %v after a minute", name, token, err)
			}
			p.slow(nil)
			p.set(keys("AKID"), nil)
			mustToken(t, r)
			time.Sleep(time.Minute)
		})
	}
}

func TestReuseTwice(t *testing.T) {
	s := &Signer{Target: valid, Credentials: staticCreds}
	once := Reuse(s, time.Minute)
	if Reuse(once, 0) != once || Reuse(once, time.Hour) != once {
		t.Error("a longer time makes a second layer")
	}
	shorter, ok := Reuse(once, time.Second).(*reuse)
	if !ok || shorter.d != time.Second || shorter.src != Source(s) || shorter.signer == nil {
		t.Errorf("a shorter time: %+v", shorter)
	}
}

func TestReuseForgets(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		var asking sync.WaitGroup
		p := &provider{creds: keys("AKID")}
		r := Reuse(&Signer{Target: valid, Credentials: p}, 0)
		first := mustToken(t, r)
		time.Sleep(time.Second)
		r.(forgetter).forget(NewToken("app", "another", time.Time{}))
		if !same(mustToken(t, r), first) {
			t.Error("another token was forgotten")
		}
		r.(forgetter).forget(first)
		second := mustToken(t, r)
		if same(second, first) {
			t.Error("the refused token was handed out again")
		}
		p.slow(func(context.Context) { time.Sleep(time.Second) })
		asking.Go(func() {
			if same(mustToken(t, r), second) {
				t.Error("the token that was refused while the provider was asked was handed out")
			}
		})
		synctest.Wait()
		r.(forgetter).forget(second)
		asking.Wait()
		outer := &reuse{src: r, d: time.Minute}
		third := mustToken(t, outer)
		time.Sleep(time.Second)
		outer.forget(third)
		if same(mustToken(t, r), third) {
			t.Error("the inner layer kept the refused token")
		}
	})
}

// source is a Source that is no Signer.
type source func(context.Context) (Token, error)

func (s source) Token(ctx context.Context) (Token, error) { return s(ctx) }

func TestReuseOfAnySource(t *testing.T) {
	for _, c := range []struct {
		name       string
		secret     string
		life, kept time.Duration // kept < 0 means an error
	}{
		{"long life", "s", time.Hour, time.Minute},
		{"short life", "s", 40 * time.Second, 20 * time.Second},
		{"scaled life", "s", time.Second, time.Second / 2},
		{"unknown expiry", "s", 0, time.Minute},
		{"expired", "s", -1, -1},
		{"empty", "", time.Hour, -1},
	} {
		at(t, newYear, func(t *testing.T) {
			calls := 0
			r := Reuse(source(func(context.Context) (Token, error) {
				calls++
				if c.life == 0 {
					return NewToken("app", c.secret, time.Time{}), nil
				}
				return NewToken("app", c.secret, time.Now().Add(c.life)), nil
			}), 0)
			if _, err := r.Token(t.Context()); (c.kept < 0) != errors.Is(err, CredentialsUnavailable) {
				t.Fatalf("%s: %v", c.name, err)
			}
			if c.kept < 0 {
				return
			}
			time.Sleep(c.kept - 1)
			if mustToken(t, r); calls != 1 {
				t.Errorf("%s: %d calls just before %v", c.name, calls, c.kept)
			}
			time.Sleep(time.Nanosecond)
			if mustToken(t, r); calls != 2 {
				t.Errorf("%s: %d calls after %v", c.name, calls, c.kept)
			}
		})
	}
}

// A source that hangs for ever is given up, so that a later caller gets a fetch of his own.
func TestReuseGivesUpAHangingSource(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		var calls atomic.Int32
		r := Reuse(source(func(context.Context) (Token, error) {
			if calls.Add(1) == 1 {
				<-release
				return NewToken("app", "late", time.Time{}), nil
			}
			return NewToken("app", "second", time.Time{}), nil
		}), 0)
		if _, err := r.Token(t.Context()); !errors.Is(err, CredentialsUnavailable) || time.Since(newYear) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(newYear))
		}
		if token := mustToken(t, r); token.Secret() != "second" {
			t.Errorf("%v", token)
		}
	})
}

// A clock that was set back says nothing about a token's age.
func TestKeptAfterClockChange(t *testing.T) {
	k := kept{made: newYear, useBy: newYear.Add(time.Minute)}
	for offset, want := range map[time.Duration]bool{-1: false, 0: true, time.Minute - 1: true, time.Minute: false} {
		if k.fresh(newYear.Add(offset)) != want {
			t.Errorf("at %v: %v", offset, !want)
		}
	}
}
