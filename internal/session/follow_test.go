package session

import (
	"strings"
	"testing"
	"time"
)

// A talk feeds a machine and checks what it says.
type talk struct {
	t *testing.T
	m *Machine
}

func newTalk(t *testing.T) talk { return talk{t, New("app", true)} }

// asks gives the client's bytes and fails unless all of them go on to the server.
func (k talk) asks(p string) {
	k.t.Helper()
	n, out, need, err := k.m.Request([]byte(p), false)
	if n != len(p) || string(out) != p || need != None || err != nil {
		k.t.Fatalf("%q: %d bytes, %q on, need %d, %v", p, n, out, need, err)
	}
}

// answers gives the server's bytes and fails unless the client sees want.
func (k talk) answers(p, want string) {
	k.t.Helper()
	if out, err := k.m.Reply([]byte(p)); string(out) != want || err != nil {
		k.t.Fatalf("%q: the client sees %q, %v, want %q", p, out, err, want)
	}
}

func (k talk) is(b Blocker) {
	k.t.Helper()
	if got := k.m.Blocker(); got != b {
		k.t.Fatalf("the blocker is %q, want %q", got, b)
	}
}

func TestBlockers(t *testing.T) {
	for want, p := range map[Blocker][2]string{
		Busy: {cmd("BLPOP", "k", "0")}, Half: {"*2\r\n$4\r\nECHO\r\n"}, Transaction: {cmd("MULTI"), "+OK\r\n"},
		OneShot: {cmd("CLIENT", "CACHING", "YES"), "+OK\r\n"}, Silent: {cmd("CLIENT", "REPLY", "OFF")},
		Monitoring: {cmd("MONITOR"), "+OK\r\n"}, Opaque: {cmd("PSYNC", "?", "-1")}, Ending: {cmd("QUIT")},
		Foreign: {cmd("AUTH", "other", "x"), "+OK\r\n"}, Free: {cmd("GET", "k"), "_\r\n"},
	} {
		t.Run(string(want), func(t *testing.T) {
			k := newTalk(t)
			k.asks(p[0])
			k.answers(p[1], p[1])
			k.is(want)
		})
	}
	for _, p := range []string{cmd("SCRIPT", "DEBUG", "YES"), cmd("SYNC"), cmd("REPLCONF", "x"), cmd("MULTI") + cmd("CLIENT", "REPLY", "SKIP")} {
		k := newTalk(t)
		k.m.Request([]byte(p), false)
		k.is(Opaque)
	}
}

// A quiet moment is not made between requests that belong together.
func TestTurns(t *testing.T) {
	for _, p := range []string{cmd("MULTI"), cmd("ASKING"), cmd("CLIENT", "REPLY", "SKIP"), cmd("CLIENT", "REPLY", "OFF"), cmd("MULTI") + cmd("DISCARD", "x")} {
		k := newTalk(t)
		k.asks(p)
		if n, _, need, _ := k.m.Request([]byte(cmd("GET", "k")), true); n == 0 {
			t.Errorf("need %d behind %q", need, p)
		}
	}
	k := newTalk(t)
	k.asks(cmd("MULTI") + cmd("EXEC"))
	if n, _, need, _ := k.m.Request([]byte(cmd("GET", "k")), true); n != 0 || need != Turn {
		t.Errorf("behind EXEC: %d, need %d", n, need)
	}
}

func TestAuthentication(t *testing.T) {
	k := newTalk(t)
	if got := string(k.m.Authenticate(nil, "secret")); got != cmd("AUTH", "app", "secret") {
		t.Fatalf("sent %q", got)
	}
	k.is(Busy)
	k.answers(">1\r\n+news\r\n+O", ">1\r\n+news\r\n")
	k.answers("K\r\n>1\r\n+more\r\n", ">1\r\n+more\r\n")
	if v := k.m.Verdict(); !v.Done || !v.OK || k.m.Doubtful() {
		t.Errorf("%+v", v)
	}
	k.m.Authenticate(nil, "old")
	k.answers("-WRONGPASS no\r\n", "")
	if v := k.m.Verdict(); !v.Done || v.OK || v.Text != "WRONGPASS no" || !k.m.Doubtful() {
		t.Errorf("a refusal is %+v; what follows it must be proved", v)
	}
}

// What cannot be the answer to a command of ours ends the connection, and nothing behind it reaches the client.
func TestAnswersThatAreNotOurs(t *testing.T) {
	for name, send := range map[string]func(*Machine){
		"AUTH": func(m *Machine) { m.Authenticate(nil, "x") }, "ECHO": func(m *Machine) { m.Echo(nil, "nonce") },
		"nonsense": func(m *Machine) { m.Nonsense(nil, "nonce") }, "HELLO": func(m *Machine) { m.Switch(nil, RESP3) },
	} {
		for _, answer := range []string{"$3\r\nfoo\r\n", "+QUEUED\r\n", ":1\r\n", "$-1\r\n"} {
			m := New("app", true)
			send(m)
			if out, err := m.Reply([]byte(answer + "+behind\r\n")); err == nil || len(out) > 0 {
				t.Errorf("%s answered with %q: the client sees %q, %v", name, answer, out, err)
			}
		}
	}
	m := New("app", true)
	m.Nonsense(nil, "nonce")
	if _, err := m.Reply([]byte("-ERR unknown command 'another'\r\n")); err == nil {
		t.Error("nonsense answered with another's refusal")
	}
	for _, answer := range []string{"-ERR busy\r\n", "-NOPERM 'get'\r\n"} {
		m := New("app", true)
		m.Echo(nil, "nonce")
		if _, err := m.Reply([]byte(answer)); err == nil {
			t.Errorf("ECHO answered with %q", answer)
		}
	}
}

func TestProofWithoutEcho(t *testing.T) {
	k := newTalk(t)
	k.asks(cmd("CLIENT", "REPLY", "OFF") + cmd("CLIENT", "REPLY", "ON"))
	k.answers("+OK\r\n", "+OK\r\n")
	if !k.m.Doubtful() {
		t.Fatal("no doubt")
	}
	k.m.Echo(nil, "nonce")
	k.answers("-NOPERM User app has no permissions to run the 'echo' command\r\n", "")
	if v := k.m.Verdict(); !v.Done || v.OK || !k.m.Doubtful() {
		t.Fatalf("%+v", v)
	}
	sent := string(k.m.Nonsense(nil, "nonce"))
	k.answers("-ERR unknown command 'valetkey-nonce', with args beginning with: \r\n", "")
	if v := k.m.Verdict(); !v.OK || k.m.Doubtful() || !strings.Contains(sent, "valetkey-nonce") {
		t.Errorf("%q: %+v", sent, v)
	}
}

func TestOwnLogins(t *testing.T) {
	for _, p := range [][2]string{{cmd("AUTH", "app", "x"), "+OK\r\n"}, {cmd("HELLO", "3", "SETNAME", "auth", "AUTH", "app", "x"), "%0\r\n"}} {
		k := newTalk(t)
		k.asks(p[0])
		k.answers(p[1], p[1])
		if !k.m.LoggedIn() || k.m.LoggedIn() {
			t.Errorf("%q is not noticed once", p[0])
		}
		k.is(Free)
	}
	for _, p := range [][2]string{{cmd("HELLO", "2", "AUTH", "other", "x"), "*0\r\n"}, {cmd("AUTH", "x"), "+OK\r\n"}} {
		k := newTalk(t)
		k.asks(p[0])
		k.answers(p[1], p[1])
		k.is(Foreign)
	}
}

// What cannot be followed is passed on and left alone.
func TestUnfollowable(t *testing.T) {
	k := newTalk(t)
	k.asks(cmd("GET", "k"))
	k.answers("$?\r\n;4\r\nabcd\r\n;0\r\n", "$?\r\n;4\r\nabcd\r\n;0\r\n")
	k.is(Opaque)
	k = newTalk(t)
	k.answers("+more replies than requests\r\n", "+more replies than requests\r\n")
	k.is(Opaque)
	k.asks("anything at all")
	k = newTalk(t)
	k.asks(cmd("MULTI") + cmd("DISCARD", "x") + cmd("HELLO", "3"))
	k.is(Opaque)
	k = newTalk(t)
	k.asks(cmd("HELLO", "3"))
	k.answers("+QUEUED\r\n", "+QUEUED\r\n")
	k.is(Opaque)
	k = newTalk(t)
	k.asks(cmd("GET", "k"))
	if out, err := k.m.Reply([]byte("+OK\r\n?what\r\n")); string(out) != "+OK\r\n" && err == nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestMalformedRequest(t *testing.T) {
	k := newTalk(t)
	n, out, need, err := k.m.Request([]byte(cmd("GET", "k")+"*1\n"), false)
	if n != len(cmd("GET", "k")) || string(out) != cmd("GET", "k") || need != None || err != nil {
		t.Fatalf("the good request before it: %d, %q, %v", n, out, err)
	}
	for range 2 {
		if _, out, _, err = k.m.Request([]byte(cmd("GET", "k")), false); err == nil || len(out) > 0 {
			t.Fatalf("%q, %v", out, err)
		}
	}
	k.is(Opaque)
}

// subscriber is a RESP2 client that subscribes and is carried on RESP3.
func subscriber(t *testing.T) talk {
	k := newTalk(t)
	if n, out, need, _ := k.m.Request([]byte(cmd("SUBSCRIBE", "a")), false); need != RESP3 || len(out) > 0 {
		t.Fatalf("%d, %q, need %d", n, out, need)
	}
	k.m.Switch(nil, RESP3)
	k.answers("%0\r\n", "")
	if _, out, _, _ := k.m.Request(nil, false); string(out) != cmd("SUBSCRIBE", "a") {
		t.Fatalf("%q", out)
	}
	k.answers(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	return k
}

// A write of which it is not known how much arrived ends the following, and a translated connection.
func TestAbandon(t *testing.T) {
	k := newTalk(t)
	k.asks(cmd("GET", "k"))
	k.m.Abandon(nil)
	k.is(Opaque)
	k = subscriber(t)
	k.m.Abandon(errTest("timeout"))
	if _, _, _, err := k.m.Request([]byte(cmd("PING")), false); err != errTest("timeout") {
		t.Errorf("%v", err)
	}
	k.is(Opaque)
	k.answers(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n")
	if _, err := k.m.Reply([]byte("+what for?\r\n")); err == nil {
		t.Error("a translated connection cannot be left alone")
	}
}

type errTest string

func (e errTest) Error() string { return string(e) }

func TestServerWithoutRESP3(t *testing.T) {
	k := newTalk(t)
	k.m.Request([]byte(cmd("SUBSCRIBE", "a")), false)
	k.m.Switch(nil, RESP3)
	k.answers("-ERR unknown command 'HELLO'\r\n", "")
	k.m.LeaveSubscribers()
	if _, out, need, _ := k.m.Request(nil, false); string(out) != cmd("SUBSCRIBE", "a") || need != None {
		t.Errorf("%q, need %d", out, need)
	}
	k.is(Opaque)
}

// A hundred thousand subscriptions in one go take no time to speak of.
func TestManySubscriptions(t *testing.T) {
	k := newTalk(t)
	k.asks(cmd("HELLO", "3"))
	k.answers("%0\r\n", "%0\r\n")
	many := strings.Repeat(cmd("SUBSCRIBE", "a"), 100_000)
	start := time.Now()
	k.asks(many)
	confirmed := strings.Repeat(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", 100_000)
	k.answers(confirmed, confirmed)
	t.Logf("%v", time.Since(start))
	k.is(Free)
}

// A transaction is over when EXEC has been sent, whatever becomes of it, and has not begun when MULTI is refused.
func TestEndsOfTransactions(t *testing.T) {
	for p, answer := range map[string]string{
		cmd("MULTI") + cmd("EXEC", "x"): "+OK\r\n-EXECABORT no\r\n", cmd("MULTI") + cmd("EXEC"): "+OK\r\n*-1\r\n", cmd("MULTI", "x"): "-ERR no\r\n",
		cmd("MULTI"): "-NOPERM no\r\n", cmd("MULTI") + cmd("DISCARD"): "+OK\r\n+OK\r\n", cmd("MULTI") + cmd("MULTI") + cmd("EXEC"): "+OK\r\n-ERR nested\r\n*0\r\n",
	} {
		k := newTalk(t)
		k.asks(p)
		k.is(Busy)
		k.answers(answer, answer)
		k.is(Free)
	}
	k := newTalk(t)
	k.asks(cmd("MULTI"))
	k.answers("+OK\r\n", "+OK\r\n")
	k.asks(cmd("EXEC") + cmd("HELLO", "3") + cmd("CLIENT", "REPLY", "SKIP") + cmd("GET", "k"))
	k.is(Busy) // and not opaque: they came behind the transaction
	k.answers("*0\r\n%0\r\n", "*0\r\n%0\r\n")
	k.is(Free)
	k = newTalk(t)
	k.asks(cmd("MULTI", "x") + cmd("CLIENT", "REPLY", "SKIP"))
	k.is(Busy)
	k = newTalk(t)
	k.asks(cmd("MULTI", "x") + cmd("MULTI"))
	k.answers("-ERR no\r\n", "-ERR no\r\n")
	k.m.Request([]byte(cmd("CLIENT", "REPLY", "OFF")), false)
	k.is(Opaque) // the second MULTI stands
}

// The confirmations of two requests that may get any number of them are kept apart.
func TestUnsubscribeTwice(t *testing.T) {
	k := newTalk(t)
	k.asks(cmd("HELLO", "3"))
	k.answers("%0\r\n", "%0\r\n")
	k.asks(cmd("UNSUBSCRIBE"))
	if _, out, need, _ := k.m.Request([]byte(cmd("UNSUBSCRIBE", "a")), false); need != Settled || len(out) > 0 {
		t.Fatalf("%q, need %d", out, need)
	}
	k.answers(">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n", ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n")
	if _, _, need, _ := k.m.Request(nil, false); need != Settled || !k.m.Doubtful() {
		t.Fatalf("need %d: there may be more to come", need)
	}
	k.m.Echo(nil, "nonce")
	k.answers("$5\r\nnonce\r\n", "")
	if _, out, need, _ := k.m.Request(nil, false); string(out) != cmd("UNSUBSCRIBE", "a") || need != None {
		t.Fatalf("%q, need %d", out, need)
	}
}
