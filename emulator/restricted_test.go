package emulator_test

import (
	"strings"
	"testing"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// Each service refuses what its guide lists, and nothing else.
func TestServicesRefuseTheirCommands(t *testing.T) {
	t.Parallel()
	all := [][]string{{"CONFIG", "GET", "x"}, {"ACL", "SETUSER", "x"}, {"CLUSTER", "MEET", "127.0.0.1", "1"}, {"MODULE", "LIST"}, {"LATENCY", "LATEST"},
		{"CLIENT", "ID"}, {"KEYS", "*"}, {"PSUBSCRIBE", "x"}, {"WAIT", "0", "0"}, {"CLIENT", "SETNAME", "x"}, {"ACL", "WHOAMI"}, {"GET", "x"}}
	for name, c := range map[string]struct {
		option  func(*emulatorConfig)
		refused int // of the list: what is refused
	}{
		"elasticache": {func(*emulatorConfig) {}, 0b000000000111},
		"cluster":     {playing(emulator.ClusterEnabled, 1, 0), 0b000000000111},
		"serverless":  {playing(emulator.ServerlessCache, 0, 0), 0b000111110111},
		"memorydb":    {func(c *emulatorConfig) { c.Service = valetkey.MemoryDB }, 0b000000001011},
		"all allowed": {func(c *emulatorConfig) { c.AllowRestricted = true }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := emulator.New(t, quiet, emulator.InMemory, c.option)
			w := login(t, s)
			for i, command := range all {
				before := len(s.Refusals())
				reply := w.do(command...)
				refused := len(s.Refusals()) > before
				if want := c.refused&(1<<i) != 0; refused != want || refused && (!strings.HasPrefix(reply, "-ERR unknown ") || lastRefusal(t, s).Reason != emulator.RestrictedCommand) {
					t.Errorf("%v: refused %v, want %v: %q", command, refused, want, reply)
				}
				if command[0] == "PSUBSCRIBE" {
					w = login(t, s)
				}
			}
		})
	}
}

// Whole commands are refused in the words that an engine has for those that it does not know.
func TestRefusedCommandsReadAsUnknownOnes(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"valkey-server", "redis-server"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			compareRefusals(t, dialPlain(t, serverOf(t, program)), login(t, emulator.New(t, quiet)))
		})
	}
}

// compareRefusals holds the answers to restricted commands against a server's to unknown ones.
func compareRefusals(t *testing.T, stock, w *wire) {
	long := strings.Repeat("x", 200)
	for _, args := range [][]string{nil, {"a"}, {"GET", "maxmemory"}, {long}, {"a", long, "b"}, {"a\r\nb", ""}, {strings.Repeat("y", 127), "zz"}} {
		for restricted, unknown := range map[string]string{"CONFIG": "CONFIX", "save": "savf"} {
			want := strings.ReplaceAll(stock.do(append([]string{unknown}, args...)...), unknown, restricted)
			if got := w.do(append([]string{restricted}, args...)...); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	want := strings.ReplaceAll(stock.do("ACL", "SETUSEX", "x"), "SETUSEX", "SETUSER")
	if got := w.do("ACL", "SETUSER", "x"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	w.want("+OK", "MULTI")
	w.want("-ERR unknown command", "CONFIG", "GET", "x")
	w.want("-EXECABORT", "EXEC")
}

// A serverless cache does not quote arguments.
func TestServerlessWordsForUnknownCommands(t *testing.T) {
	t.Parallel()
	w := login(t, emulator.New(t, quiet, emulator.InMemory, playing(emulator.ServerlessCache, 0, 0)))
	w.want("-ERR unknown command 'psubscribe', with args beginning with: __keyevent@*__:expired\r\n", "PSUBSCRIBE", "__keyevent@*__:expired")
}

// A client that sends a restricted command again and again is told each time, and logged once.
func TestRestrictedCommandsFillNoLog(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, quiet, emulator.InMemory)
	for range 2 {
		w := login(t, s)
		for range 3 {
			w.want("-ERR unknown command", "CONFIG", "GET", "x")
			w.want("-ERR unknown command", "SAVE")
		}
	}
	if n := len(s.Refusals()); n != 4 {
		t.Errorf("%d refusals are logged", n)
	}
}

// The commands that the embedded engine's replicas refuse are those that an engine calls writing.
func TestWritingCommandsAreTheEngines(t *testing.T) {
	t.Parallel()
	stock := dialPlain(t, realServer(t))
	known := map[string]bool{}
	for _, line := range strings.Split(stock.do("COMMAND", "LIST", "FILTERBY", "ACLCAT", "write"), "\r\n") {
		name, _, _ := strings.Cut(line, "|")
		if name != "" && !strings.ContainsAny(name[:1], "*$") {
			known[name] = true
		}
	}
	for _, restricted := range []string{"migrate", "pfdebug", "restore-asking", "function"} {
		delete(known, restricted)
	}
	for name := range known {
		if !emulator.IsWriting(name) {
			t.Errorf("%s writes, and replicas do not refuse it", name)
		}
	}
	for _, name := range []string{"get", "mget", "publish", "eval", "sort_ro", "xread", "s"} {
		if emulator.IsWriting(name) || known[name] {
			t.Errorf("%s does not write", name)
		}
	}
}
