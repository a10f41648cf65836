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
	w.raw(commands([]string{"MULTI"}, []string{"CLIENT", "REPLY", "OFF"}, []string{"EXEC"}))
	w.wantNext("+OK")
	w.wantNext("-ERR CLIENT REPLY is not supported inside MULTI")
	w.wantNext("-EXECABORT")
}

func TestMonitorLinesDoNotCountAsReplies(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, upstreamOf(realServer(t)))
	w, other := login(t, s), login(t, s)
	w.want("+OK", "MONITOR")
	for range 3 {
		other.want("+OK", "SET", "k", "v")
		if got := w.next(); !strings.Contains(got, `"SET" "k" "v"`) {
			t.Fatalf("monitor printed %q", got)
		}
	}
	tok := token(t, s)
	w.want("+OK", "AUTH", "app", tok)
	other.want("+OK", "AUTH", "app", tok)
	w.want("+RESET", "RESET")
	w.want("-NOAUTH", "PING")
}

func TestReplicationIsRefused(t *testing.T) {
	t.Parallel()
	s := emulator.New(t)
	w := login(t, s)
	w.want("-ERR unknown command 'psync'", "PSYNC", "?", "-1")
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
