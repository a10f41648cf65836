package emulator_test

import (
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
)

func TestClientReplyDecidesWhatIsAnswered(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, quiet, upstreamOf(realServer(t)))
	w, tok := login(t, s), token(t, s)
	w.raw(commands([]string{"CLIENT", "REPLY", "SKIP"}, []string{"AUTH", "app", tok}, []string{"PING"}))
	w.wantNext("+PONG")
	w.raw(commands([]string{"CLIENT", "REPLY", "SKIP"}, []string{"SET", "k", "v"}, []string{"AUTH", "app", tok}))
	w.wantNext("+OK")
	w.raw(commands([]string{"CLIENT", "REPLY", "OFF"}, []string{"AUTH", "app", "bad"}, []string{"HELLO", "3", "AUTH", "app", tok},
		[]string{"ACL", "WHOAMI"}, []string{"MULTI"}, []string{"EXEC"}, []string{"CLIENT", "REPLY", "ON"}, []string{"GET", "missing"}))
	w.wantNext("+OK")
	w.wantNext("_\r\n") // RESP3: the HELLO was carried out
	w.raw(commands([]string{"CLIENT", "REPLY", "OFF"}, []string{"RESET"}))
	w.wantNext("+RESET")
	w.want("-NOAUTH", "PING")
	w.want("+OK", "AUTH", "app", tok)
	w.raw(commands([]string{"CLIENT", "REPLY", "SKIP"}, []string{"RESET"}, []string{"PING"}))
	w.wantNext("-NOAUTH") // as a server does: RESET ends OFF, but SKIP is already about it
	w.want("+OK", "AUTH", "app", tok)
	w.raw(commands([]string{"CLIENT", "REPLY", "OFF"}, []string{"MONITOR"}, []string{"CLIENT", "REPLY", "ON"}, []string{"ECHO", "x"}, []string{"RESET"}))
	for _, want := range []string{"+OK", "+1", "$1", "+1", "+RESET"} {
		w.wantNext(want)
	}
	w.want("+OK", "AUTH", "app", tok)
	w.raw(commands([]string{"MULTI"}, []string{"CLIENT", "REPLY", "OFF"}, []string{"EXEC"}))
	w.wantNext("+OK")
	w.wantNext("-ERR CLIENT REPLY is not supported inside MULTI")
	w.wantNext("-EXECABORT")
}

// TestMonitorLinesDoNotCountAsReplies has MONITOR print while a reply is owed.
func TestMonitorLinesDoNotCountAsReplies(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, upstreamOf(realServer(t)))
	w, other := login(t, s), login(t, s)
	id := strings.Trim(w.do("CLIENT", "ID"), ":\r\n")
	w.want("+OK", "MONITOR")
	w.raw(commands([]string{"WAIT", "1", "0"}, []string{"AUTH", "app", token(t, s)}, []string{"RESET"}))
	for other.do("CLIENT", "UNBLOCK", id) != ":1\r\n" { // prints a line each time, until WAIT has begun and ends
	}
	lines := 0
	for _, want := range []string{":0", "+OK", "+RESET"} {
		got := w.next()
		for ; strings.HasPrefix(got, "+1"); got = w.next() {
			lines++
		}
		if !strings.HasPrefix(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	if lines == 0 {
		t.Error("MONITOR printed nothing")
	}
	w.want("-NOAUTH", "PING")
}

// TestResetBehindMuchOutput has RESET come while more than the sockets hold waits for a client that does not read.
func TestResetBehindMuchOutput(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, upstreamOf(realServer(t)))
	const messages = 200
	long := strings.Repeat("x", 100_000)
	for name, begin := range map[string][]string{"+1": {"MONITOR"}, "*3": {"SUBSCRIBE", "c"}, ">3": {"SUBSCRIBE", "c"}} {
		w, other := login(t, s), login(t, s)
		if name == ">3" {
			w.want("%", "HELLO", "3")
		}
		w.do(begin...)
		for range messages {
			other.want(":", "PUBLISH", "c", long)
		}
		w.send("RESET")
		whole := 0
		for got := w.next(); got != "+RESET\r\n"; got = w.next() {
			if strings.HasPrefix(got, name) && len(got) > len(long) {
				whole++
			}
		}
		if whole != messages {
			t.Errorf("%v: %d of %d messages", begin, whole, messages)
		}
		w.want("-NOAUTH", "PING")
	}
}

// TestPushesDoNotCountAsReplies has a message arrive while a reply is owed.
func TestPushesDoNotCountAsReplies(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, upstreamOf(realServer(t)))
	w, other := login(t, s), login(t, s)
	w.want("%7", "HELLO", "3")
	w.want(">3", "SUBSCRIBE", "c")
	w.raw(commands([]string{"BLPOP", "q", "0"}, []string{"AUTH", "app", token(t, s)}))
	other.want(":1", "PUBLISH", "c", "hello")
	w.wantNext(">3\r\n$7\r\nmessage")
	other.want(":1", "RPUSH", "q", "x")
	w.wantNext("*2\r\n$1\r\nq")
	w.wantNext("+OK")
}

func TestReplicationIsRefused(t *testing.T) {
	t.Parallel()
	s := emulator.New(t)
	w := login(t, s)
	w.want("-ERR unknown command 'PSYNC'", "PSYNC", "?", "-1")
	w.want("+PONG", "PING")
	w = login(t, emulator.New(t, quiet, func(c *emulatorConfig) { c.AllowRestricted = true }))
	w.want("-ERR unknown command 'psync'", "PSYNC", "?", "-1") // which would be no request and reply any more
	w.want("+PONG", "PING")
}

func TestUpstreamPassword(t *testing.T) {
	t.Parallel()
	addr := realServer(t, "--requirepass", "upstream secret")
	for password, want := range map[string]string{"upstream secret": "+OK", "wrong": "-ERR service is not available"} {
		s := emulator.New(t, quiet, upstreamOf(addr), func(c *emulatorConfig) { c.UpstreamUser, c.UpstreamPassword = "default", password })
		dial(t, s).want(want, "AUTH", "app", token(t, s))
	}
}

// TestResetLetsGoOfSubscriptionsAtOnce has the server itself tell whether a connection that was reset still subscribes.
func TestResetLetsGoOfSubscriptionsAtOnce(t *testing.T) {
	t.Parallel()
	for engine, option := range map[string]func(*emulatorConfig){"embedded": quiet, "valkey": upstreamOf(dripping(t, realServer(t)))} {
		s := emulator.New(t, option)
		w, tok := login(t, s), token(t, s)
		for range 20 {
			w.raw(commands([]string{"SUBSCRIBE", "c"}, []string{"RESET"}, []string{"AUTH", "app", tok}, []string{"PUBLISH", "c", "x"}))
			for _, want := range []string{"*3", "+RESET", "+OK", ":0"} {
				if got := w.next(); !strings.HasPrefix(got, want) {
					t.Fatalf("%s: got %q, want %q", engine, got, want)
				}
			}
		}
	}
}
