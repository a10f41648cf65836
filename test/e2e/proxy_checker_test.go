package e2e

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/seeded"
	"github.com/valetkey/valetkey/proxy"
)

// login is what a client that knows a password of its own may send.
func (s *stream) login() {
	switch s.rnd.IntN(7) {
	case 0:
		s.cmd("AUTH")
	case 1:
		s.cmd("AUTH", "me", "pw", "more")
	case 2:
		s.raw(s.pick("AUTH me pw\r\n", "auth me 'pw'\n"))
	case 3:
		s.cmd("HELLO", "3", s.pick("AUTH", "SETNAME", "FOO"))
	case 4:
		s.three = s.rnd.IntN(2) == 0
		s.cmd("HELLO", map[bool]string{true: "3", false: "2"}[s.three], "SETNAME", "AUTH", "auth", "me", "pw")
	case 5:
		s.cmd("MULTI")
		s.cmd("AUTH", "me", "pw")
		s.small()
		s.cmd("EXEC")
	default:
		s.cmd("AUTH", "me", "pw")
	}
}

// failLogin sends what is refused. Only the first request may be one: servers before Valkey 8.1.3 drop the refusal if other
// replies are pending.
func (s *stream) failLogin() {
	switch s.rnd.IntN(3) {
	case 0:
		s.cmd("AUTH", "me", s.pick("guess", "", strings.Repeat("x\r\n", 100)))
	case 1:
		s.raw("AUTH \"me\" guess\r\n")
	default:
		s.cmd("HELLO", s.pick("9", "x", "2", "3"), "AUTH", "me", "guess")
	}
}

// Whatever a client sends through the sidecar, its own logins included, it gets back byte for byte what a plain connection to a server
// with its password gives, while the connection behind authenticates itself again every few milliseconds.
func TestProxyAgainstPlainConnection(t *testing.T) {
	seed := seeded.Seed(t)
	v, w := checkerServer(t), checkerServer(t)
	w.do(t, "ACL", "SETUSER", "me", "on", ">pw", "~*", "&*", "+@all")
	seen := &journal{}
	p := &proxy.Server{
		Addr: v.addr(), User: "me", Password: "pw",
		Dialer: valetkey.Dialer{Source: fixedSource{valetkey.NewToken("app", "secret", time.Time{})}, Plaintext: true, Observer: seen,
			RenewAfter: 5 * time.Millisecond, RenewBy: 50 * time.Millisecond},
	}
	addr := startProxy(t, p, "127.0.0.1:0")
	c := &check{plain: w.addr(), limit: checkerPatience, logins: true, ctl: newController(t, v), other: newController(t, w)}
	c.dial = func(int) (net.Conn, error) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return nil, err
		}
		if _, err = conn.Write([]byte("AUTH me pw\r\n")); err == nil {
			_, err = conn.Read(make([]byte, len("+OK\r\n")))
		}
		return conn, err
	}
	if err := c.ctl.run("ACL", "SETUSER", "default", "off"); err != nil { // so that nothing gets by without authentication
		t.Fatal(err)
	}
	for _, err := range c.run(t, seed, checkerPairs/2, seeded.Duration(t, "VALETKEY_CHECKER", checkerRun)) {
		if err != nil {
			t.Error(err)
		}
	}
	s := p.Stats()
	t.Logf("%d bursts, %d MB compared; %d clients, renewed %d times; ended %v", c.bursts.Load(), c.replied.Load()>>20, s.Accepted, s.Upstream.Renewed, s.Ended)
	if s.Upstream.Failed != 0 || s.Upstream.Replaced != 0 || s.Upstream.Renewed < 20*s.Upstream.Dialed {
		t.Errorf("%+v, failed %q", s.Upstream, seen.of(valetkey.Failed))
	}
}
