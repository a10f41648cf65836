package emulator_test

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
)

// The places in a script where the password or token goes.
const good, bad = "<good>", "<bad>"

// scripts are what the emulator answers itself. They are played to a stock server, too.
func scripts() map[string][][]string {
	long := strings.Repeat("x", 16384)
	return map[string][][]string{
		"before authentication": {
			{"PING"}, {"SELECT", "1"}, {"CLIENT", "SETINFO", "LIB-NAME", "x"}, {"CLUSTER", "SLOTS"}, {"MULTI"},
			{"SUBSCRIBE", "c"}, {"READONLY"}, {"ACL", "WHOAMI"}, {"GET", long}, {"RESET"}, {"PING"}, {"QUIT"},
		},
		"AUTH": {
			{"AUTH"}, {"auth", "a", "b", "c"}, {"AUTH", "app", bad}, {"AUTH", "nobody", good}, {"AUTH", bad},
			{"AUTH", "default", bad}, {"AUTH", "APP", good}, {"AUTH", "app", good}, {"ACL", "WHOAMI"},
			{"AUTH", "app", bad}, {"ACL", "WHOAMI"}, {"GET", "k"}, {"Auth", "app", good}, {"AUTH"}, {"AUTH", "1", "2", "3"},
			{"RESET"}, {"GET", "k"}, {"AUTH", "app", good}, {"RESET", "x"}, {"GET", "k"}, {"QUIT"},
		},
		"HELLO before authentication": {
			{"HELLO"}, {"HELLO", "2"}, {"HELLO", "3"}, {"HELLO", "3", "SETNAME", "x"}, {"HELLO", "4"}, {"HELLO", "abc"},
			{"HELLO", "+3"}, {"HELLO", "03"}, {"HELLO", "1"}, {"HELLO", "99999999999999999999"}, {"HELLO", "-3"},
			{"HELLO", "3", "AUTH", "app"}, {"HELLO", "3", "AUTH"}, {"HELLO", "3", "SETNAME"}, {"HELLO", "3", "wHat"},
			{"HELLO", "3", "AUTH", "app", bad}, {"PING"}, {"HELLO", "4", "AUTH", "app", good}, {"PING"},
			{"HELLO", "3", "AUTH", "app", good, "SETNAME", "bad name"}, {"PING"},
			{"HELLO", "3", "AUTH", "app", bad, "SETNAME", "bad name"}, {"HELLO", "AUTH", "app", good},
			{"HELLO", "3", "auth", "app", good, "setname", "fine"}, {"CLIENT", "GETNAME"}, {"ACL", "WHOAMI"}, {"QUIT"},
		},
		"HELLO after authentication": {
			{"AUTH", "app", good}, {"HELLO"}, {"HELLO", "3"}, {"HELLO", "3", "AUTH", "app", bad}, {"GET", "missing"},
			{"HELLO", "2", "AUTH", "app", bad, "SETNAME", "nope"}, {"CLIENT", "GETNAME"}, {"HELLO", "4"}, {"GET", "missing"},
			{"HELLO"}, {"HELLO", "2"}, {"GET", "missing"}, {"HELLO", "3", "AUTH", "app", good}, {"RESET"}, {"HELLO", "3"},
		},
		"RESP2 subscribe mode": {
			{"AUTH", "app", good}, {"SUBSCRIBE", "a"}, {"AUTH", "app", good}, {"AUTH", "app", bad}, {"AUTH"}, {"AUTH", "a", "b", "c"},
			{"HELLO", "3"}, {"HELLO", "9"}, {"HELLO", "3", "AUTH", "app", good}, {"PING"}, {"PING", "x"}, {"GET", "k"},
			{"UNSUBSCRIBE", "a"}, {"AUTH", "app", good}, {"PSUBSCRIBE", "p*"}, {"AUTH", "app", good}, {"RESET"}, {"PING"},
		},
		"RESP3 subscribe mode": {
			{"HELLO", "3", "AUTH", "app", good}, {"SUBSCRIBE", "a"}, {"AUTH", "app", good}, {"AUTH", "app", bad}, {"AUTH"},
			{"HELLO", "3", "AUTH", "app", good}, {"UNSUBSCRIBE"}, {"AUTH", "app", good},
		},
	}
}

// clientID is the one thing in a HELLO reply that differs between two servers alike.
var clientID = regexp.MustCompile(`id\r\n:\d+`)

// play runs a script and returns all replies, one a line, and then how it ended.
func play(w *wire, script [][]string, secret string) (out []string) {
	for _, command := range script {
		args := make([]string, len(command))
		for i, a := range command {
			args[i] = strings.NewReplacer(good, secret, bad, "x"+secret).Replace(a)
		}
		w.send(args...)
		reply := "closed"
		if r, err := w.in.Next(); err == nil {
			reply = clientID.ReplaceAllString(string(r.Raw), "id")
		} else if err != io.EOF {
			reply = err.Error()
		}
		out = append(out, strings.Join(command, " ")[:min(40, len(strings.Join(command, " ")))]+" -> "+reply)
	}
	return out
}

// TestStockAnswers compares every text that the emulator has of its own with those of real servers.
func TestStockAnswers(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"valkey-server", "redis-server"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			compareAnswers(t, stockOf(t, program), map[string]*emulator.Server{
				"embedded": emulator.New(t, quiet),
				"real":     emulator.New(t, quiet, upstreamOf(serverOf(t, program))),
			})
		})
	}
}

func compareAnswers(t *testing.T, stock string, engines map[string]*emulator.Server) {
	for name, script := range scripts() {
		want := today(play(dialPlain(t, stock), script, stockPassword))
		for engine, s := range engines {
			got := play(dial(t, s), script, token(t, s))
			for i := range want {
				if got[i] != want[i] && !(engine == "embedded" && engineOwn(want[i])) {
					t.Errorf("%s, %s, step %d:\n got %q\nwant %q", engine, name, i, got[i], want[i])
				}
			}
		}
	}
}

// today turns what Redis 7.0 says into what 7.2 and Valkey say. Nothing else may differ.
func today(steps []string) []string {
	const space = "ERR Client names cannot contain spaces, newlines or special characters."
	early := strings.NewReplacer(
		"the HELLO AUTH <user> <pass> option", "the HELLO <proto> AUTH <user> <pass> option",
		"ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.", "NOAUTH Authentication required.")
	for i := range steps {
		steps[i] = early.Replace(steps[i])
		// 7.0 looks at the password before it looks at the name.
		if prev := steps[max(0, i-1)]; strings.HasSuffix(prev, space+"\r\n") && steps[i] == "PING -> +PONG\r\n" {
			steps[i] = "PING -> -NOAUTH Authentication required.\r\n"
		}
		if steps[i] == "HELLO 3 AUTH app <bad> SETNAME bad name -> -WRONGPASS invalid username-password pair or user is disabled.\r\n" {
			steps[i] = "HELLO 3 AUTH app <bad> SETNAME bad name -> -" + space + "\r\n"
		}
	}
	return steps
}

// engineOwn reports whether an answer comes from the engine, where the embedded one may differ.
func engineOwn(step string) bool {
	command, reply, _ := strings.Cut(step, " -> ")
	return strings.HasPrefix(command, "HELLO") && (reply[0] == '*' || reply[0] == '%') || // the map
		strings.HasPrefix(command, "GET") && strings.Contains(reply, "allowed in this context")
}

// TestProtocolErrors compares the answers to what is no RESP, or too much of it, and that the connection ends.
func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"valkey-server", "redis-server"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			compareErrors(t, stockOf(t, program), emulator.New(t, quiet, upstreamOf(serverOf(t, program))))
		})
	}
}

func compareErrors(t *testing.T, stock string, s *emulator.Server) {
	for name, request := range map[string]string{
		"arguments before AUTH": "*11\r\n$4\r\nPING\r\n",
		"bulk before AUTH":      "*2\r\n$3\r\nGET\r\n$16385\r\n",
		"no bulk":               "*1\r\n:4\r\n",
		"bad count":             "*x\r\n",
		"bad length":            "*1\r\n$-2\r\n",
		"quotes":                "GET \"k\r\n",
		"inline":                "PING\r\n\r\nQUIT\r\n",
	} {
		want := readAll(dialPlain(t, stock), request)
		if got := readAll(dial(t, s), request); got != want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
}

// readAll sends raw bytes and returns what comes back until the server closes.
func readAll(w *wire, request string) string {
	w.Helper()
	w.raw(request)
	out, err := io.ReadAll(w.Conn)
	if err != nil && len(out) == 0 {
		w.Fatalf("%q: %v", request, err)
	}
	return string(out)
}
