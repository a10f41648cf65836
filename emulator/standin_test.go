package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
)

// greetings are what clients send by themselves when they connect, after or with AUTH.
func greetings() map[string][][]string {
	return map[string][][]string{
		"GLIDE":     {{"HELLO", "3", "AUTH", "app", good}, {"CLIENT", "SETINFO", "LIB-NAME", "GlideGo"}, {"INFO", "REPLICATION"}, {"CLIENT", "SETNAME", "x"}, {"SELECT", "1"}},
		"go-redis":  {{"HELLO", "3", "AUTH", "app", good}, {"client", "setinfo", "LIB-NAME", "go-redis(,go1.26)"}, {"client", "setinfo", "LIB-VER", "9.22.1"}},
		"valkey-go": {{"HELLO", "3", "AUTH", "app", good}, {"CLIENT", "TRACKING", "ON", "OPTIN"}, {"CLIENT", "SETINFO", "LIB-NAME", "valkey"}, {"CLIENT", "NO-TOUCH", "ON"}, {"CLIENT", "NO-EVICT", "ON"}},
		"redis-py":  {{"AUTH", "app", good}, {"CLIENT", "SETINFO", "LIB-NAME", "redis-py"}, {"CLIENT", "SETINFO", "LIB-VER", "6.0.0"}},
		"others":    {{"AUTH", "app", good}, {"INFO"}, {"INFO", "server"}, {"INFO", "nonsense"}, {"CLIENT", "ID"}, {"CLIENT", "INFO"}, {"INFO", "all"}, {"INFO", "stats"}, {"COMMAND"}},
		"mistakes": {{"AUTH", "app", good}, {"CLUSTER", "SLOTS"}, {"CLUSTER", "SHARDS"}, {"CLUSTER"},
			{"AUTH", "app", good}, {"CLIENT", "SETINFO", "x", "y"}, {"CLIENT", "SETINFO", "LIB-VER"}, {"CLIENT", "SETINFO", "lib-ver", "a b"},
			{"CLIENT", "SETINFO", "LIB-NAME", "a\nb"}},
	}
}

// TestClientsCanGreetTheEmbeddedEngine plays what clients send to a real server, too: where that agrees, the embedded engine
// must, and errors must read the same.
func TestClientsCanGreetTheEmbeddedEngine(t *testing.T) {
	t.Parallel()
	stock, s := stockServer(t), emulator.New(t, quiet)
	for client, script := range greetings() {
		want := play(dialPlain(t, stock), script, stockPassword)
		got := play(dial(t, s), script, token(t, s))
		for i := range want {
			_, wanted, _ := strings.Cut(want[i], " -> ")
			_, reply, _ := strings.Cut(got[i], " -> ")
			if (reply[0] == '-') != (wanted[0] == '-') || reply[0] == '-' && reply != wanted {
				t.Errorf("%s: got %q, want %q", client, got[i], want[i])
			}
		}
	}
}

func TestEmbeddedEngineSaysWhatItIs(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, quiet)
	w := login(t, s)
	w.want("+OK", "CLIENT", "SETINFO", "LIB-NAME", "mine")
	w.want("+OK", "CLIENT", "SETINFO", "LIB-VER", "1.2")
	if got := w.do("CLIENT", "INFO"); !strings.Contains(got, " user=app resp=2 lib-name=mine lib-ver=1.2\n") {
		t.Errorf("CLIENT INFO: %q", got)
	}
	if got := w.do("INFO", "replication", "server"); !strings.Contains(got, "role:master") || !strings.Contains(got, "valkey_version") || strings.Contains(got, "Cluster") {
		t.Errorf("INFO: %q", got)
	}
	w.want(fmt.Sprintf(":%d\r\n", s.Stats().Connections), "CLIENT", "ID")
	w.want("-ERR unknown command", "CONFIG", "GET", "maxmemory") // restricted on AWS, too
	w.want("+OK", "MULTI")
	w.want("+QUEUED", "CLIENT", "ID") // the engine's own business there
	w.want("*1\r\n-ERR unknown subcommand", "EXEC")
}

// TestEmbeddedEnginePromisesNoTracking keeps clients from trusting a cache of theirs that nobody invalidates.
func TestEmbeddedEnginePromisesNoTracking(t *testing.T) {
	t.Parallel()
	w := login(t, emulator.New(t))
	w.want("%7", "HELLO", "3")
	w.want("+OK", "CLIENT", "TRACKING", "ON", "OPTIN")
	w.want("-ERR", "CLIENT", "CACHING", "YES")
	w.want("-ERR the embedded engine tracks no keys", "MULTI")
	w.want("+PONG", "PING")
	w.want("-ERR the embedded engine tracks no keys", "CLIENT", "TRACKING", "ON")
	w.want("-ERR the embedded engine tracks no keys", "CLIENT", "TRACKING", "ON", "BCAST", "OPTIN")
	w.want("+OK", "CLIENT", "TRACKING", "OFF")
}
