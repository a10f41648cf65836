package emulator_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

func assuming(a emulator.Assumptions) func(*emulatorConfig) {
	return func(c *emulatorConfig) { c.Assumptions = a }
}

func TestAuthCanWaitInATransaction(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, quiet, option, assuming(emulator.Assumptions{AuthInMulti: emulator.QueueInMulti}),
			func(c *emulatorConfig) {
				c.Users = []emulator.User{{Name: "app"}, {Name: "batch", Passwords: []string{"x"}}}
			})
		w, tok := login(t, s), token(t, s)
		w.raw(commands([]string{"MULTI"}, []string{"SET", "k", "v"}, []string{"AUTH", "app", "bad"}, []string{"AUTH", "batch", "x"}, []string{"EXEC"}))
		for _, want := range []string{"+OK", "+QUEUED", "+QUEUED", "+QUEUED"} {
			w.wantNext(want)
		}
		w.wantNext("*3\r\n+OK\r\n-WRONGPASS invalid username-password pair or user is disabled.\r\n+OK\r\n")
		w.want("$5\r\nbatch\r\n", "ACL", "WHOAMI")
		for _, last := range [][]string{{"DISCARD"}, {"EXEC"}} { // neither carries it out
			w.want("+OK", "WATCH", "k")
			login(t, s).want(":", "APPEND", "k", "changed")
			w.want("+OK", "MULTI")
			w.want("+QUEUED", "AUTH", "app", tok)
			w.do(last...)
			w.want("$5\r\nbatch\r\n", "ACL", "WHOAMI")
		}
		w.want("+OK", "MULTI")
		w.want("-ERR AUTH and HELLO are not supported inside MULTI", "HELLO", "3", "AUTH", "app", tok)
		w.want("-EXECABORT", "EXEC")
	})
}

// TestQueuedAuthIsWhatAServerDoes compares the answers with those of a server that queues AUTH itself. The failing AUTH is the
// only command: servers with the bug that DropAuthErrors plays would answer too little.
func TestQueuedAuthIsWhatAServerDoes(t *testing.T) {
	t.Parallel()
	stock := stockServer(t)
	s := emulator.New(t, quiet, upstreamOf(realServer(t)), assuming(emulator.Assumptions{AuthInMulti: emulator.QueueInMulti}))
	script := [][]string{{"AUTH", "app", good}, {"MULTI"}, {"AUTH", "app", good}, {"GET", "k"}, {"AUTH", "a", "b", "c"}, {"AUTH"}, {"EXEC"},
		{"MULTI"}, {"AUTH", "app", good}, {"GET", "k"}, {"EXEC"}, {"MULTI"}, {"AUTH", "app", good}, {"DISCARD"}, {"ACL", "WHOAMI"}}
	want := play(dialPlain(t, stock), script, stockPassword)
	got := play(dial(t, s), script, token(t, s))
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d:\n got %q\nwant %q", i, got[i], want[i])
		}
	}
}

func TestSameTokenAgain(t *testing.T) {
	for assumed, want := range map[emulator.SameToken]struct {
		reply string
		lives time.Duration
	}{
		"":                           {"+OK", 12*time.Hour + 10*time.Minute},
		emulator.ExtendWithSameToken: {"+OK", 12*time.Hour + 10*time.Minute},
		emulator.IgnoreSameToken:     {"+OK", 12 * time.Hour},
		emulator.RefuseSameToken:     {"-WRONGPASS", 12 * time.Hour},
	} {
		t.Run(string(assumed), func(t *testing.T) {
			in(t, func(t *testing.T, s *emulator.Server) {
				w, tok := dial(t, s), token(t, s)
				start := time.Now()
				w.want("+OK", "AUTH", "app", tok)
				time.Sleep(10 * time.Minute)
				w.want(want.reply, "AUTH", "app", tok)
				if assumed == emulator.RefuseSameToken && lastRefusal(t, s).Reason != emulator.TokenUsedBefore {
					t.Errorf("refusal %v", lastRefusal(t, s))
				}
				w.ended()
				if got := time.Since(start); got != want.lives {
					t.Errorf("lived %s, want %s", got, want.lives)
				}
				again := dial(t, s) // another connection has never seen the token
				tok = token(t, s)
				again.want("+OK", "AUTH", "app", tok)
				again.want("+RESET", "RESET")
				again.want("+OK", "AUTH", "app", tok)
				time.Sleep(time.Minute)
				again.want("+OK", "AUTH", "app", token(t, s))
			}, quiet, assuming(emulator.Assumptions{SameToken: assumed}))
		})
	}
}

func TestErrorAtTheCut(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		idle, silent := login(t, s), login(t, s)
		silent.want("+OK", "SET", "big", string(make([]byte, 1<<20)))
		for range 20 {
			silent.send("GET", "big")
		}
		time.Sleep(12 * time.Hour)
		synctest.Wait()
		idle.wantNext("-ERR the session has ended")
		idle.ended()
		time.Sleep(time.Second)
		if got := s.Stats(); got.IamAuthenticationExpirations != 2 || got.Open != 0 { // the one that does not read, too
			t.Errorf("stats: %+v", got)
		}
	}, assuming(emulator.Assumptions{CutReply: emulator.ErrorAtCut}))
}

// TestDroppedAuthErrors has the bug put every later reply out of step, and leaves a lone AUTH alone.
func TestDroppedAuthErrors(t *testing.T) {
	t.Parallel()
	for _, drops := range []bool{false, true} {
		s := emulator.New(t, quiet, assuming(emulator.Assumptions{DropAuthErrors: drops}))
		w := login(t, s)
		w.want("-WRONGPASS", "AUTH", "app", "bad")
		w.raw(commands([]string{"PING"}, []string{"AUTH", "app", "bad"}, []string{"HELLO", "3", "AUTH", "app", "bad"}, []string{"ECHO", "z"}))
		w.wantNext("+PONG")
		if !drops {
			w.wantNext("-WRONGPASS")
			w.wantNext("-WRONGPASS")
		}
		w.wantNext("$1\r\nz\r\n")
		if got := s.Stats().AuthenticationFailures; got != 3 {
			t.Errorf("%d failures", got)
		}
	}
}

func TestMisspeltAssumptionIsRefused(t *testing.T) {
	t.Parallel()
	for _, a := range []emulator.Assumptions{{AuthInMulti: "x"}, {SameToken: "x"}, {CutReply: "x"}} {
		s := &emulator.Server{Config: emulator.Config{Assumptions: a, InMemory: true}}
		if err := s.Start(); err == nil || !strings.Contains(err.Error(), `"x" is none of`) {
			t.Errorf("%+v: %v", a, err)
		}
	}
}
