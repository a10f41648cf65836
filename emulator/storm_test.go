package emulator_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/verify"
)

const stormClients = 1000

// A storm counts what its clients saw.
type storm struct {
	dialled, tried, ok, again, throttled, wrong, ended atomic.Int64
	strange                                            atomic.Pointer[string]
}

// client connects again and again for as long as the context lives, and authenticates with good and bad tokens. It asks for an answer before it
// hangs up, so that the end of its connection never escapes it.
func (st *storm) client(ctx context.Context, s *emulator.Server, r *rand.Rand, good string) {
	for ctx.Err() == nil {
		c, err := s.Dial(ctx, "", "")
		if err != nil {
			return
		}
		st.dialled.Add(1)
		in, authenticated, alive := resp.NewReplyReader(c), false, true
		ask := func(args ...string) (reply string) {
			_, err := c.Write(resp.AppendCommand(nil, args...))
			got, readErr := in.Next()
			alive = err == nil && readErr == nil
			return string(got.Raw)
		}
		for range 1 + r.IntN(20) {
			secret := good
			if r.IntN(4) == 0 {
				secret = "bad"
			}
			reply := ask("AUTH", "app", secret)
			if !alive {
				break
			}
			st.tried.Add(1)
			authenticated = st.saw(reply, authenticated)
			time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond)
		}
		if alive {
			ask("QUIT")
		}
		if !alive {
			st.ended.Add(1)
		}
		c.Close()
	}
}

func (st *storm) saw(reply string, authenticated bool) bool {
	switch {
	case reply == "+OK\r\n" && authenticated:
		st.again.Add(1)
	case reply == "+OK\r\n":
		st.ok.Add(1)
		return true
	case strings.HasPrefix(reply, "-WRONGPASS"):
		st.wrong.Add(1)
	case authenticated && strings.HasPrefix(reply, "-ERR Exceeded limit"), !authenticated && strings.HasPrefix(reply, "-ERR service is not available"):
		st.throttled.Add(1)
	default:
		st.strange.Store(&reply)
	}
	return authenticated
}

// An audit counts the server's events.
type audit struct {
	mu   sync.Mutex
	seen map[string]int64
}

func (a *audit) note(e emulator.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[string(e.Kind)+string(e.Reason)]++
}

func (a *audit) of(k emulator.Kind, r emulator.Reason) int64 { return a.seen[string(k)+string(r)] }

// TestCountersAddUpInAStorm has a thousand clients authenticate, be throttled, be cut and outlive their sessions, and holds the server's counters
// and its events against what they saw.
func TestCountersAddUpInAStorm(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		events := &audit{seen: map[string]int64{}}
		s := emulator.New(t, quiet, emulator.InMemory, func(c *emulatorConfig) {
			// Clients do everything on the millisecond: nothing is under way at the end of a session.
			c.NoTLS, c.SessionLimit, c.OnEvent = true, 3*time.Second+time.Millisecond/4, events.note
		})
		good, st := token(t, s), &storm{}
		s.SetAuthRate(1500)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var clients sync.WaitGroup
		for i := range stormClients {
			clients.Go(func() { st.client(ctx, s, rand.New(rand.NewPCG(seed, uint64(i))), good) })
		}
		time.Sleep(time.Millisecond / 2) // nor at a cut
		for range 9 {
			time.Sleep(time.Second)
			s.Cut("", 100)
		}
		clients.Wait()
		synctest.Wait()
		if strange := st.strange.Load(); strange != nil {
			t.Errorf("a client was answered %q", *strange)
		}
		got := s.Stats()
		t.Logf("%+v", got)
		for name, c := range map[string][3]int64{
			"connections": {st.dialled.Load(), got.Connections, events.of(emulator.Connected, "")},
			"closed":      {st.dialled.Load(), got.Connections - got.Open, events.of(emulator.Closed, "")},
			"first":       {st.ok.Load(), got.Auths, events.of(emulator.Authenticated, "")},
			"further":     {st.again.Load(), got.Reauths, events.of(emulator.Renewed, "")},
			"throttled":   {st.throttled.Load(), got.IamAuthenticationThrottling, events.of(emulator.Refused, emulator.Throttled)},
			"failures":    {st.wrong.Load(), got.AuthenticationFailures, events.of(emulator.Refused, verify.Malformed)},
			"refusals":    {st.throttled.Load() + st.wrong.Load(), got.Refusals, got.IamAuthenticationThrottling + got.AuthenticationFailures},
			"answers":     {st.tried.Load(), got.Auths + got.Reauths + got.Refusals, st.tried.Load()},
			"ends":        {st.ended.Load(), got.Cuts + got.IamAuthenticationExpirations, events.of(emulator.Cut, "") + events.of(emulator.Expired, "")},
			"cuts":        {900, got.Cuts, events.of(emulator.Cut, "")},
		} {
			if c[0] != c[1] || c[1] != c[2] || c[0] == 0 {
				t.Errorf("%s: the clients count %d, the server %d, its events %d", name, c[0], c[1], c[2])
			}
		}
		if got.IamAuthenticationExpirations == 0 || got.Open != 0 {
			t.Errorf("%d sessions ended, %d connections are open", got.IamAuthenticationExpirations, got.Open)
		}
	})
}
