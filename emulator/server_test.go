package emulator_test

import (
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

func TestServesOverTLSAndInMemory(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]func(*emulator.Config){
		"TLS":           nil,
		"plaintext":     {func(c *emulator.Config) { c.NoTLS = true }},
		"memory":        {emulator.InMemory},
		"memory no TLS": {emulator.InMemory, func(c *emulator.Config) { c.NoTLS = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := emulator.New(t, options...)
			w := login(t, s)
			w.want("+OK", "SET", "k", "v")
			w.want("$1\r\nv\r\n", "GET", "k")
			w.want("$3\r\napp\r\n", "ACL", "WHOAMI")
			if got := s.Stats(); got.Auths != 1 || got.Commands != 2 || got.Open != 1 {
				t.Errorf("stats: %+v", got)
			}
		})
	}
}

func TestHelloAuthenticatesAndSwitches(t *testing.T) {
	t.Parallel()
	s := emulator.New(t)
	w := dial(t, s)
	if got := w.do("HELLO", "3", "AUTH", "app", token(t, s), "SETNAME", "worker"); got[0] != '%' {
		t.Fatalf("HELLO 3: %q", got)
	}
	w.want("$6\r\nworker\r\n", "CLIENT", "GETNAME")
	if got := w.do("HELLO", "2"); got[0] != '*' {
		t.Fatalf("HELLO 2: %q", got)
	}
	if got := w.do("HELLO"); !strings.Contains(got, "proto\r\n:2\r\n") {
		t.Fatalf("HELLO: %q", got)
	}
}

func TestRefusesBadToken(t *testing.T) {
	t.Parallel()
	s := emulator.New(t)
	w := dial(t, s)
	w.want("-NOAUTH Authentication required.\r\n", "PING")
	w.want("-WRONGPASS invalid username-password pair or user is disabled.\r\n", "AUTH", "app", token(t, s)+"0")
	if r := lastRefusal(t, s); r.Reason != verify.SignatureMalformed || r.Check != 16 || r.Hint == "" || r.User != "app" {
		t.Errorf("refusal: %v", r)
	}
	w.want("+OK", "AUTH", "app", token(t, s))
}
