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
)

// A storm counts what its clients saw.
type storm struct {
	dialled, ok, again, throttled, wrong, cut atomic.Int64
}

// client connects again and again for as long as the context lives, and authenticates with good and bad tokens.
func (st *storm) client(ctx context.Context, s *emulator.Server, r *rand.Rand, good string) {
	for ctx.Err() == nil {
		c, err := s.Dial(ctx, "", "")
		if err != nil {
			return
		}
		st.dialled.Add(1)
		in, authenticated := resp.NewReplyReader(c), false
		for range 1 + r.IntN(20) {
			secret := good
			if r.IntN(4) == 0 {
				secret = "bad"
			}
			_, err := c.Write(resp.AppendCommand(nil, "AUTH", "app", secret))
			reply, readErr := in.Next()
			if err != nil || readErr != nil {
				st.cut.Add(1)
				break
			}
			authenticated = st.saw(string(reply.Raw), authenticated)
			time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond)
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
	}
	return authenticated
}

// TestCountersAddUpInAStorm has a thousand clients authenticate, be throttled and be cut, and holds the server's counters
// against what they saw.
func TestCountersAddUpInAStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := emulator.New(t, quiet, emulator.InMemory, func(c *emulatorConfig) { c.NoTLS = true })
		good, st := token(t, s), &storm{}
		s.SetAuthRate(1500)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var clients sync.WaitGroup
		for i := range 1000 {
			clients.Go(func() { st.client(ctx, s, rand.New(rand.NewPCG(uint64(i), 0)), good) })
		}
		time.Sleep(time.Millisecond / 2) // clients do everything on the millisecond: nothing is under way at a cut
		for range 9 {
			time.Sleep(time.Second)
			s.Cut("", 100)
		}
		clients.Wait()
		synctest.Wait()
		got := s.Stats()
		for name, c := range map[string][2]int64{
			"connections": {got.Connections, st.dialled.Load()}, "first": {got.Auths, st.ok.Load()}, "further": {got.Reauths, st.again.Load()},
			"throttled": {got.IamAuthenticationThrottling, st.throttled.Load()}, "failures": {got.AuthenticationFailures, st.wrong.Load()}, "open": {got.Open, 0},
		} {
			if c[0] != c[1] || c[0] == 0 && name != "open" {
				t.Errorf("%s: the server counts %d, the clients %d", name, c[0], c[1])
			}
		}
		if got.Cuts != 900 || st.cut.Load() == 0 || st.cut.Load() > got.Cuts { // a client that had finished does not notice
			t.Errorf("%d connections were cut, %d clients noticed", got.Cuts, st.cut.Load())
		}
	})
}
