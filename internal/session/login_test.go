package session

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/internal/resp"
)

// logins are further requests for [script]: the client's own logins, of which only "me" with "pw" is right.
var logins = []string{
	cmd("AUTH", "me", "pw"), cmd("AUTH", "me", "no"), cmd("AUTH", "pw"), cmd("AUTH"), cmd("AUTH", "me", "pw", "more"), "auth me pw\r\n",
	"AUTH \"me\" no\r\n", cmd("HELLO", "3", "AUTH", "me", "pw"), cmd("HELLO", "2", "AUTH", "me", "pw", "SETNAME", "x"),
	cmd("HELLO", "3", "SETNAME", "auth", "AUTH", "me", "no"), cmd("HELLO", "9", "AUTH", "me", "pw"), cmd("HELLO", "3", "FOO"),
	cmd("HELLO", "3", "AUTH", "me"), cmd("HELLO", "3", "FOO", "AUTH", "me", "pw"), cmd("AUTH", "me", strings.Repeat("\r\n*1", 30)),
	cmd("GET", "k"), cmd("MULTI"), cmd("EXEC"),
}

func checkLogin(user, password string) string {
	if user == "me" && password == "pw" {
		return ""
	}
	return "WRONGPASS invalid username-password pair or user is disabled."
}

// refuses is the refusal of a login by a server that answers it; any other must never see one.
func (s *server) refuses(args []string) string {
	l := ParseLogin(bytesOf(args))
	switch {
	case !l.Given:
		return ""
	case !s.logins:
		s.faults = append(s.faults, "the client's login came through: "+strings.Join(args, " "))
		return "ERR no"
	case l.Refusal != "":
		return l.Refusal
	}
	return checkLogin(l.User, l.Password)
}

func bytesOf(args []string) (all [][]byte) {
	for _, a := range args {
		all = append(all, []byte(a))
	}
	return all
}

func chooseLogins(picks []byte) (stream []byte) {
	for _, p := range picks {
		if p >= 128 {
			stream = append(stream, logins[int(p)%len(logins)]...)
		} else {
			stream = append(stream, script[int(p)%len(script)]...)
		}
	}
	return stream
}

// checkLogins fails unless the client sees through a machine that answers logins what it sees on a connection to a server that
// has the client's password, and unless no login gets through.
func checkLogins(t *testing.T, seed uint64, picks []byte) (ended string) {
	t.Helper()
	stream := chooseLogins(picks)
	plain := newServer()
	plain.logins, plain.nosub = true, seed%3 == 0
	want := plain.feed(stream)
	d := &driver{m: New("app", true), s: newServer(), rnd: rand.New(rand.NewPCG(seed, 1)), refuse: seed%2 == 0}
	d.m.Login = checkLogin
	d.s.nosub = plain.nosub
	d.run(stream)
	for _, f := range d.s.faults {
		t.Fatalf("seed %d, %q: the server was asked for %q", seed, stream, f)
	}
	if len(plain.faults) > 0 { // the client went on after RESET without AUTH, which we then do for it
		return "reset"
	}
	gaveUp := d.gaveUp || d.m.broken != nil && strings.Contains(d.m.broken.Error(), "no login is possible")
	if d.failed != nil && !gaveUp {
		t.Fatalf("seed %d, %q: %v", seed, stream, d.failed)
	}
	if !bytes.Equal(d.view, want) && !(gaveUp && bytes.HasPrefix(want, d.view)) {
		t.Fatalf("seed %d, %q:\nplain   %q\nthrough %q", seed, stream, want, d.view)
	}
	if gaveUp {
		return "opaque"
	}
	return "followed"
}

// FuzzLogins: whatever logins a client sends, wherever and however cut, it gets the answers that a server with its password gives,
// in their order, and none of them goes on.
func FuzzLogins(f *testing.F) {
	f.Add(uint64(1), []byte{135, 1, 1, 145, 0, 144, 128, 129, 10})
	f.Add(uint64(2), []byte{9, 145, 1, 10, 9, 144, 1, 10, 1})
	f.Add(uint64(3), []byte{15, 145, 1, 16, 145, 1, 17, 145})
	f.Fuzz(func(t *testing.T, seed uint64, picks []byte) {
		if len(picks) > 200 {
			return
		}
		checkLogins(t, seed, picks)
	})
}

func TestLoginsAgainstModel(t *testing.T) {
	const seed = 20260102
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	ended := map[string]int{}
	for i := range 6000 {
		picks := make([]byte, 1+rnd.IntN(20))
		for j := range picks {
			picks[j] = byte(rnd.IntN(256))
		}
		ended[checkLogins(t, uint64(i), picks)]++
	}
	t.Log(ended)
	if ended["followed"] < 3000 {
		t.Errorf("only %d conversations were followed to their end: the test does not test much", ended["followed"])
	}
}

// TestLoginIsBounded: a login is held, so it must not be held for ever.
func TestLoginIsBounded(t *testing.T) {
	m := New("app", true)
	m.Login = checkLogin
	head := []byte("*2\r\n$4\r\nAUTH\r\n$1000000\r\n")
	sent := 0
	for p := head; sent < 2*maxLogin; p = bytes.Repeat([]byte("x"), 1000) {
		n, out, _, err := m.Request(p, false)
		if len(out) > 0 {
			t.Fatalf("%q was sent on", out)
		}
		if err != nil {
			if _, ok := err.(*resp.ProtocolError); !ok || sent < maxLogin/2 {
				t.Errorf("after %d bytes: %v", sent, err)
			}
			return
		}
		sent += n
	}
	t.Errorf("%d bytes of a login are held", sent)
}
