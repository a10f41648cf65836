package emulator_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// in runs a test in a bubble in which time passes at once, against a server in memory. That the bubble ends shows that
// closing the server leaves no goroutine behind.
func in(t *testing.T, test func(t *testing.T, s *emulator.Server), options ...func(*emulatorConfig)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		test(t, emulator.New(t, append(options, emulator.InMemory)...))
	})
}

func TestSessionIsCutAtTwelveHours(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w := login(t, s)
		time.Sleep(12*time.Hour - time.Nanosecond)
		w.want("+PONG", "PING")
		start := time.Now()
		w.ended()
		if got := time.Since(start); got != time.Nanosecond {
			t.Errorf("cut %s late", got)
		}
		synctest.Wait()
		if got := s.Stats(); got.IamAuthenticationExpirations != 1 || got.Open != 0 {
			t.Errorf("stats: %+v", got)
		}
	})
}

func TestFreshAuthProlongs(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w := login(t, s)
		for i := range 14 { // a week
			time.Sleep(12*time.Hour - time.Second)
			if i%2 == 0 {
				w.want("+OK", "AUTH", "app", token(t, s))
			} else {
				w.want("%7", "HELLO", "3", "AUTH", "app", token(t, s))
			}
		}
		time.Sleep(12*time.Hour - time.Second)
		w.want("+PONG", "PING")
		time.Sleep(time.Second)
		w.ended()
		if got := s.Stats(); got.Auths != 1 || got.Reauths != 14 {
			t.Errorf("stats: %+v", got)
		}
	})
}

func TestFailedAuthKeepsTheSessionAndItsClock(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w := login(t, s)
		start, stale := time.Now(), token(t, s)
		time.Sleep(11 * time.Hour)
		w.want("-WRONGPASS", "AUTH", "app", stale)
		w.want("-WRONGPASS", "HELLO", "3", "AUTH", "app", stale)
		w.want("$3\r\napp\r\n", "ACL", "WHOAMI")
		w.want("$-1\r\n", "GET", "k")
		w.ended()
		if got := time.Since(start); got != 12*time.Hour {
			t.Errorf("cut after %s", got)
		}
	})
}

func TestTokenLivesFifteenMinutesAndConnectionsLonger(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w, late := login(t, s), dial(t, s)
		tok := token(t, s)
		time.Sleep(15*time.Minute - time.Second)
		late.want("+OK", "AUTH", "app", tok)
		late.want("+OK", "AUTH", "app", tok)
		time.Sleep(time.Second)
		late.want("-WRONGPASS", "AUTH", "app", tok)
		if got := lastRefusal(t, s).Reason; got != verify.Expired {
			t.Errorf("reason %q", got)
		}
		s.RevokeKey(emulator.ExampleAccessKeyID)
		w.want("+PONG", "PING")
	})
}

func TestScaledLimits(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w, tok := login(t, s), token(t, s)
		time.Sleep(2 * time.Second)
		w.want("-WRONGPASS", "AUTH", "app", tok)
		time.Sleep(time.Second)
		w.ended()
	}, func(c *emulatorConfig) { c.TokenLife, c.SessionLimit = 2*time.Second, 3*time.Second })
}

func TestCutReachesTheBlockedAndTheIdle(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		blocked, waiting, subscribed := login(t, s), login(t, s), login(t, s)
		blocked.send("BLPOP", "queue", "0")
		waiting.send("BLPOP", "queue", "0")
		waiting.send("AUTH", "app", token(t, s)) // comes too late behind the blocked command
		subscribed.want("*3\r\n$9\r\nsubscribe", "SUBSCRIBE", "c")
		silent := login(t, s) // never reads what it asked for
		silent.want("+OK", "SET", "big", string(make([]byte, 1<<20)))
		for range 20 {
			silent.send("GET", "big")
		}
		start := time.Now()
		for _, w := range []*wire{blocked, waiting, subscribed} {
			w.ended()
		}
		if got := time.Since(start); got != 12*time.Hour {
			t.Errorf("cut after %s", got)
		}
		synctest.Wait()
		if got := s.Stats(); got.IamAuthenticationExpirations != 4 || got.Open != 0 {
			t.Errorf("stats: %+v", got)
		}
	})
}

func TestResetStopsTheClock(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w := login(t, s)
		w.want("+RESET", "RESET")
		w.want("-NOAUTH", "GET", "k")
		time.Sleep(13 * time.Hour)
		w.want("+OK", "AUTH", "app", token(t, s))
		time.Sleep(11 * time.Hour)
		w.want("+PONG", "PING")
		time.Sleep(time.Hour)
		w.ended()
	})
}

func TestPasswordUserHasNoLimit(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w := login(t, s)
		w.want("+OK", "AUTH", "batch", "hunter2")
		w.want("$5\r\nbatch\r\n", "ACL", "WHOAMI")
		time.Sleep(48 * time.Hour)
		w.want("+PONG", "PING")
	}, func(c *emulatorConfig) {
		c.Users = []emulator.User{{Name: "app"}, {Name: "batch", Passwords: []string{"hunter2"}}}
	})
}

func TestSlowAuthOutlivesNothing(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w := dial(t, s)
		s.SetAuthDelay(3 * time.Second)
		start := time.Now()
		w.want("+OK", "AUTH", "app", token(t, s))
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("AUTH took %s", got)
		}
		s.SetAuthDelay(time.Hour)
		w.send("AUTH", "app", token(t, s))
		synctest.Wait()
		start = time.Now()
		s.Close()
		if got := time.Since(start); got != 0 {
			t.Errorf("Close waited %s for a slow AUTH", got)
		}
	})
}

// An AUTH that a cut breaks off is neither answered nor carried out.
func TestCutDuringSlowAuth(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		again, first := login(t, s), dial(t, s)
		before := s.Stats()
		s.SetAuthDelay(time.Hour)
		again.send("AUTH", "app", token(t, s))
		first.send("HELLO", "3", "AUTH", "app", token(t, s))
		synctest.Wait()
		if n := s.CutAll(); n != 2 {
			t.Errorf("cut %d connections", n)
		}
		again.ended()
		first.ended()
		synctest.Wait()
		if got := s.Stats(); got.Auths != before.Auths || got.Reauths != before.Reauths {
			t.Errorf("stats: %+v, before: %+v", got, before)
		}
	})
}
