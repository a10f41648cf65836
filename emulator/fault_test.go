package emulator_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

func TestFaultsHaveTheirTexts(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, quiet)
	old, tok := login(t, s), token(t, s)
	for _, c := range []struct {
		fault      emulator.Fault
		reason     emulator.Reason
		fresh, old string
	}{
		{emulator.IAMUnavailable, emulator.Unavailable, "-ERR service is not available\r\n", "-ERR IAM Authentication service is not available\r\n"},
		{emulator.IAMThrottled, emulator.Throttled, "-ERR service is not available\r\n", "-ERR Exceeded limit of IAM Authentication requests\r\n"},
	} {
		s.SetFault(c.fault)
		fresh := dial(t, s)
		fresh.want(c.fresh, "AUTH", "app", tok)
		fresh.want(c.fresh, "HELLO", "3", "AUTH", "app", tok)
		fresh.want("-NOAUTH", "PING")
		old.want(c.old, "AUTH", "app", tok)
		if got := lastRefusal(t, s); got.Reason != c.reason || got.Check != 5 {
			t.Errorf("refusal %v", got)
		}
		old.want(c.old, "HELLO", "2", "AUTH", "app", tok)
		old.want("$3\r\napp\r\n", "ACL", "WHOAMI")
		s.SetFault(emulator.NoFault)
		fresh.want("+OK", "AUTH", "app", tok)
	}
	if got := s.Stats(); got.IamAuthenticationThrottling != 4 || got.AuthenticationFailures != 0 {
		t.Errorf("stats: %+v", got)
	}
}

func TestCutAllAndRefuseConnections(t *testing.T) {
	t.Parallel()
	s := emulator.New(t)
	a, b := login(t, s), dial(t, s)
	b.want("-NOAUTH", "PING")
	s.RefuseConnections(true)
	if c, err := net.Dial("tcp", s.Addr()); err == nil {
		newWire(t, c, nil).ended()
	}
	if _, err := s.Dial(context.Background(), "tcp", ""); err == nil {
		t.Error("Dial succeeded")
	}
	a.want("+PONG", "PING")
	if n := s.CutAll(); n != 2 {
		t.Errorf("cut %d connections", n)
	}
	a.ended()
	b.ended()
	s.RefuseConnections(false)
	login(t, s)
	if got := s.Stats(); got.Cuts != 2 || got.IamAuthenticationExpirations != 0 {
		t.Errorf("stats: %+v", got)
	}
}

func TestRemovedUserIsCutAndDisabledUserStays(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, quiet, func(c *emulatorConfig) {
		c.Users = []emulator.User{{Name: "app"}, {Name: "b", Passwords: []string{"x"}}}
	})
	w, other := login(t, s), dial(t, s)
	other.want("+OK", "AUTH", "b", "x")
	s.PutUser(emulator.User{Name: "app", Off: true})
	w.want("+PONG", "PING")
	w.want("-WRONGPASS", "AUTH", "app", token(t, s))
	w.want("+PONG", "PING")
	if n := s.RemoveUser("app"); n != 1 {
		t.Errorf("cut %d connections", n)
	}
	w.ended()
	other.want("+PONG", "PING")
	s.PutUser(emulator.User{Name: "App"})
	login(t, s)
}

func TestKeysRotate(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		stale := token(t, s)
		s.PutKey(verify.Key{ID: "ASIATEMP", Secret: "s", SessionToken: "a/b+c=", Expires: time.Now().Add(10 * time.Minute)})
		if !s.RevokeKey(emulator.ExampleAccessKeyID) || s.RevokeKey("nobody's") {
			t.Error("RevokeKey does not know its keys")
		}
		w := login(t, s)
		w.want("-WRONGPASS", "AUTH", "app", stale)
		dying := sign(t, s.Target(), "ASIATEMP", "s", "a/b+c=")
		time.Sleep(10 * time.Minute) // the token has five minutes left, its credentials have not
		w.want("-WRONGPASS", "AUTH", "app", dying)
		if got := lastRefusal(t, s).Reason; got != verify.CredentialsExpired {
			t.Errorf("reason %q", got)
		}
		if _, err := s.Credentials().Retrieve(t.Context()); err == nil {
			t.Error("there are credentials where every key is dead")
		}
		w.want("+PONG", "PING")
		s.PutKey(verify.Key{ID: "ASIANEW", Secret: "s2", SessionToken: "d"})
		w.want("+OK", "AUTH", "app", token(t, s))
	})
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := emulator.New(t, emulator.InMemory)
		handshaking := dial(t, s)
		idle, blocked, subscribed := login(t, s), login(t, s), login(t, s)
		blocked.send("BLPOP", "q", "0")
		subscribed.want("*3", "SUBSCRIBE", "c")
		s.Close()
		s.Close()
		for _, w := range []*wire{handshaking, idle, blocked, subscribed} {
			w.ended()
		}
		if _, err := s.Dial(context.Background(), "", ""); err != emulator.ErrClosed {
			t.Errorf("Dial: %v", err)
		}
		if got := s.Stats().Open; got != 0 {
			t.Errorf("%d connections are open", got)
		}
	})
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, served := &emulator.Server{}, make(chan error, 1)
	accepted := make(chan struct{}, 10)
	s.OnEvent = func(emulator.Event) { accepted <- struct{}{} }
	go func() { served <- s.Serve(ctx, ln) }()
	c, err := net.Dial("tcp", ln.Addr().String())
	w := newWire(t, c, err)
	<-accepted
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	w.ended()
}
