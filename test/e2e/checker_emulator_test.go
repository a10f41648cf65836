package e2e

import (
	"log/slog"
	"net"
	"testing"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/seeded"
)

// The same through TLS and an emulator, where each renewal is a token that is signed and verified. The other side is a server without either.
func TestConnAgainstPlainConnectionThroughTLS(t *testing.T) {
	seed := seeded.Seed(t)
	v, w := checkerServer(t), checkerServer(t)
	srv := emulator.New(t, func(c *emulator.Config) {
		c.Upstream, c.AllowRestricted, c.Logger = v.addr(), true, slog.New(slog.DiscardHandler) // DEBUG is part of the load
	})
	seen := &journal{}
	dialers := checkerDialers(srv.Source(), seen)
	for _, d := range dialers {
		d.Plaintext, d.TLSConfig = false, srv.ClientTLS()
	}
	c := &check{plain: w.addr(), limit: checkerPatience, ctl: newController(t, v), other: newController(t, w)}
	c.dial = func(id int) (net.Conn, error) {
		return dialers[id/2%len(dialers)].DialContext(t.Context(), "tcp", srv.Addr())
	}
	for _, err := range c.run(t, seed, checkerPairs/2, seeded.Duration(t, "VALETKEY_CHECKER", checkerRun)*2/3) {
		if err != nil {
			t.Error(err)
		}
	}
	s, e := c.sum(dialers), srv.Stats()
	t.Logf("%d bursts, %d MB compared; dialed %d, renewed %d times", c.bursts.Load(), c.replied.Load()>>20, s.Dialed, s.Renewed)
	if s.Failed != 0 || s.Replaced != 0 || s.Renewed < 20*s.Dialed {
		t.Errorf("%+v, failed %q, replaced %q", s, seen.of(valetkey.Failed), seen.of(valetkey.Replaced))
	}
	if e.Connections != s.Dialed || e.Auths+e.Reauths != s.Dialed+s.Renewed || e.AuthenticationFailures != 0 {
		t.Errorf("the server counts %+v, the dialers %+v", e, s)
	}
}
