package emulator_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
)

// commands joins commands as one write.
func commands(all ...[]string) string {
	var b []byte
	for _, c := range all {
		b = resp.AppendCommand(b, c...)
	}
	return string(b)
}

func TestPipelinedAuthKeepsTheOrder(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, quiet, option)
		w, tok := dial(t, s), token(t, s)
		var batch [][]string
		want := ""
		batch, want = append(batch, []string{"PING"}, []string{"AUTH", "app", tok}), "-NOAUTH Authentication required.\r\n+OK\r\n"
		for i := range 300 {
			batch = append(batch, []string{"SET", "k", fmt.Sprint(i)}, []string{"AUTH", "app", tok}, []string{"GET", "k"},
				[]string{"AUTH", "app", "bad"}, []string{"ACL", "WHOAMI"})
			want += fmt.Sprintf("+OK\r\n+OK\r\n$%d\r\n%d\r\n-WRONGPASS invalid username-password pair or user is disabled.\r\n$3\r\napp\r\n",
				len(fmt.Sprint(i)), i)
		}
		go io.WriteString(w, commands(batch...)+"*0\r\n\r\nPING\r\n")
		want += "+PONG\r\n"
		got := make([]byte, len(want))
		if _, err := io.ReadFull(w.Conn, got); err != nil || string(got) != want {
			t.Fatalf("%v\n got %.300q\nwant %.300q", err, got, want)
		}
	})
}

func TestAuthWaitsBehindABlockedCommand(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, option)
		w, other := login(t, s), login(t, s)
		w.raw(commands([]string{"BLPOP", "q", "0"}, []string{"AUTH", "app", token(t, s)}, []string{"PING"}))
		other.want(":1", "RPUSH", "q", "x")
		w.wantNext("*2\r\n$1\r\nq\r\n$1\r\nx\r\n")
		w.wantNext("+OK")
		w.wantNext("+PONG")
	})
}

func TestAuthInsideMultiSpoilsTheTransaction(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, quiet, option)
		w, tok := login(t, s), token(t, s)
		for _, attempt := range [][]string{{"AUTH", "app", tok}, {"HELLO", "3", "AUTH", "app", tok}, {"HELLO", "3"}, {"AUTH", "a", "b", "c"}} {
			w.raw(commands([]string{"MULTI"}, []string{"SET", "k", "v"}, attempt, []string{"SET", "k", "v"}, []string{"EXEC"}))
			w.wantNext("+OK")
			w.wantNext("+QUEUED")
			w.wantNext("-ERR AUTH and HELLO are not supported inside MULTI\r\n")
			w.wantNext("+QUEUED")
			w.wantNext("-EXECABORT")
			if got := lastRefusal(t, s).Reason; got != emulator.InTransaction {
				t.Errorf("reason %q", got)
			}
			w.want("$-1", "GET", "k")
			w.want("+OK", "AUTH", "app", tok)
		}
		w.want("+OK", "MULTI")
		w.want("-ERR wrong number of arguments for 'auth' command\r\n", "AUTH")
		w.want("-EXECABORT", "EXEC")
		w.want("+OK", "MULTI")
		w.want("+RESET", "RESET")
		w.want("+OK", "AUTH", "app", tok)
		w.want("-ERR EXEC without MULTI", "EXEC")
	})
}

func TestTransactionStateComesFromReplies(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, option)
		w, tok := login(t, s), token(t, s)
		for _, round := range [][]string{
			{"MULTI", "x"}, {"EXEC"}, {"DISCARD"}, // errors: there is no transaction
		} {
			w.want("-ERR", round...)
			w.want("+OK", "AUTH", "app", tok)
		}
		w.want("+OK", "MULTI")
		w.want("-ERR", "MULTI") // and is still in the first one
		w.want("+OK", "DISCARD")
		w.want("+OK", "AUTH", "app", tok)
		w.want("+OK", "WATCH", "k")
		login(t, s).want("+OK", "SET", "k", "changed")
		w.want("+OK", "MULTI")
		w.want("+QUEUED", "GET", "k")
		w.want("*-1", "EXEC")
		w.want("+OK", "AUTH", "app", tok)
	})
}

func TestSubscriberRenewsUnderRESP3Only(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, quiet, option)
		tok, publisher := token(t, s), login(t, s)
		w := dial(t, s)
		w.want("%7", "HELLO", "3", "AUTH", "app", tok)
		w.raw(commands([]string{"SUBSCRIBE", "a", "b"}, []string{"PSUBSCRIBE", "c*"}, []string{"AUTH", "app", tok}))
		for range 3 {
			if got := w.next(); !strings.Contains(got, "subscribe\r\n") || got[0] != '>' {
				t.Fatalf("confirmation %q", got)
			}
		}
		w.wantNext("+OK")
		publisher.want(":1", "PUBLISH", "a", "hello")
		w.wantNext(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nhello\r\n")
		w.raw(commands([]string{"UNSUBSCRIBE"}, []string{"PUNSUBSCRIBE"}, []string{"AUTH", "app", tok}, []string{"PING"}))
		for range 3 {
			w.wantNext(">3")
		}
		w.wantNext("+OK")
		w.wantNext("+PONG")

		old := login(t, s)
		old.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", "SUBSCRIBE", "a")
		old.raw(commands([]string{"PING"}, []string{"AUTH", "app", tok}, []string{"UNSUBSCRIBE"}, []string{"AUTH", "app", tok}))
		publisher.want(":", "PUBLISH", "a", "hello")
		messages := 0
		var rest bytes.Buffer
		for rest.Len() == 0 || !strings.HasSuffix(rest.String(), "+OK\r\n") {
			got := old.next()
			if strings.HasPrefix(got, "*3\r\n$7\r\nmessage") {
				messages++
				continue
			}
			rest.WriteString(got)
		}
		want := "*2\r\n$4\r\npong\r\n$0\r\n\r\n-ERR Can't execute 'auth': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET " +
			"are allowed in this context\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n+OK\r\n"
		if rest.String() != want || messages > 1 {
			t.Errorf("%d messages and\n got %q\nwant %q", messages, rest.String(), want)
		}
	})
}

func TestMessagesDoNotCountAsReplies(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, option)
		w, publisher := login(t, s), login(t, s)
		w.want("*3\r\n$9\r\nsubscribe", "SUBSCRIBE", "a")
		for i := range 5 {
			publisher.want(":1", "PUBLISH", "a", fmt.Sprint(i))
		}
		w.send("UNSUBSCRIBE", "a")
		for range 5 {
			w.wantNext("*3\r\n$7\r\nmessage")
		}
		w.wantNext("*3\r\n$11\r\nunsubscribe")
		w.raw(commands([]string{"RPUSH", "list", "message", "x", "y"}, []string{"LRANGE", "list", "0", "-1"}, []string{"AUTH", "app", token(t, s)}))
		w.wantNext(":3")
		w.wantNext("*3\r\n$7\r\nmessage") // looks like one, and is a reply
		w.wantNext("+OK")
	})
}

func TestLargeValues(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, option)
		w := login(t, s)
		value := strings.Repeat("0123456789abcdef", 4<<20) // 64 MiB
		go io.WriteString(w, commands([]string{"SET", "big", value}, []string{"AUTH", "app", token(t, s)}, []string{"GET", "big"}, []string{"PING"}))
		w.wantNext("+OK")
		w.wantNext("+OK")
		if got := w.next(); got != fmt.Sprintf("$%d\r\n%s\r\n", len(value), value) {
			t.Errorf("GET answered %d bytes", len(got))
		}
		w.wantNext("+PONG")
	})
}
