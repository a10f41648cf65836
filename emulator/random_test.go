package emulator_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/seeded"
)

// A talk is a random stream of commands that means the same to a stock server and to the emulator in front of one. It avoids
// what is known to differ: AUTH and HELLO inside MULTI, unknown commands before authentication, and what makes a stock
// server's own replies impossible to follow.
type talk struct {
	*rand.Rand
	out    bytes.Buffer
	secret string
	multi  bool // MULTI was sent and nothing that ends it for certain
	muted  bool
}

func (k *talk) say(args ...string) { k.out.Write(resp.AppendCommand(nil, args...)) }

func (k *talk) pick(choices ...string) string { return choices[k.IntN(len(choices))] }

// command adds one command.
func (k *talk) command() {
	key, channel := k.pick("a", "b", "c"), k.pick("x", "y", "z")
	switch k.IntN(20) {
	case 0, 1, 2:
		k.say(k.pick("SET", "set", "APPEND"), key, strings.Repeat(k.pick("v", "message", "\r\n"), k.IntN(9)))
	case 3, 4:
		k.say("GET", key)
	case 5:
		k.say("RPUSH", "l", k.pick("message", "pmessage", "subscribe"), channel, "1")
		k.say("LRANGE", "l", "-3", "-1")
	case 6:
		k.say(k.pick("GET", "NOSUCH", "INCR"), key)
		k.say("HGETALL", "h")
	case 7:
		k.say("EVAL", k.pick("return {1,{2,'x'},false}", "return redis.call('AUTH','a','b')", "return redis.error_reply('X y')"), "0")
	case 8:
		k.out.WriteString(k.pick("PING\r\n", "\r\n", "*0\r\n", "ping \"a b\"\r\n", "*-1\r\n"))
	case 9, 10, 11:
		k.subscribe(channel)
	case 12:
		k.say("PUBLISH", channel, "hello")
	case 13, 14:
		k.transact(key)
	case 15, 16, 17:
		k.identify()
	case 18:
		k.mute()
	case 19:
		if k.IntN(8) == 0 { // a server looks at its timeouts ten times a second
			k.say("BLPOP", "nothing", "0.001")
		}
	}
}

func (k *talk) subscribe(channel string) {
	verb := k.pick("SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE")
	switch {
	case k.multi || k.muted: // several confirmations in one EXEC, or none at all, cannot be followed
		k.say("UNSUBSCRIBE", "nothing")
	case k.IntN(3) == 0 && strings.Contains(verb, "UN"):
		k.say(verb)
	case k.IntN(3) == 0:
		k.say(verb, channel, "w", "w")
	default:
		k.say(verb, channel)
	}
}

func (k *talk) transact(key string) {
	switch {
	case !k.multi && k.IntN(2) == 0:
		k.say("WATCH", key)
		k.say("MULTI")
		k.multi = true
	case k.IntN(3) == 0:
		k.say("MULTI")
		k.multi = true
	default:
		k.say(k.pick("EXEC", "DISCARD"))
		k.multi = false
	}
}

// identify authenticates, switches the protocol, or starts all over.
func (k *talk) identify() {
	if k.multi {
		return
	}
	switch k.IntN(8) {
	case 0, 1:
		k.say("AUTH", "app", k.secret)
	case 2, 3:
		k.say("HELLO", k.version(), "AUTH", "app", k.secret)
	case 4:
		k.say("HELLO", k.version(), "SETNAME", k.pick("n1", "n2"))
		k.say("CLIENT", "GETNAME")
	case 5:
		k.say("HELLO", k.pick("4", "x", "3"))
	case 6:
		k.say("RESET")
		k.muted = false
		k.say(k.pick("PING", "GET", "ECHO"), "x")
		k.say("AUTH", "app", k.secret)
	case 7:
		k.say("ACL", "WHOAMI")
	}
}

// version is a protocol to switch to. A subscriber that declines replies must not go back to RESP2, where it could not undo it.
func (k *talk) version() string {
	if k.muted {
		return "3"
	}
	return k.pick("2", "3")
}

func (k *talk) mute() {
	switch {
	case k.multi:
	case k.muted:
		k.say("CLIENT", "REPLY", "ON")
		k.muted = false
	case k.IntN(2) == 0:
		k.say("CLIENT", "REPLY", "SKIP")
		k.out.WriteString(k.pick("", "", "\r\n", "*0\r\n"))
		k.say("SET", "skipped", "v")
	case k.IntN(3) == 0:
		k.say("CLIENT", "REPLY", "OFF")
		k.muted = true
	default:
		k.say("CLIENT", "REPLY", "MAYBE")
	}
}

// batch returns n commands and a last one that answers with end.
func (k *talk) batch(n int, end string) string {
	k.out.Reset()
	for range n {
		k.command()
	}
	if k.multi {
		k.say("DISCARD")
		k.multi = false
	}
	if k.muted {
		k.say("CLIENT", "REPLY", "ON")
		k.muted = false
	}
	k.say("PING", end)
	return k.out.String()
}

// unordered is what depends on a server's hash seed: the order in which UNSUBSCRIBE without channels takes them.
var unordered = regexp.MustCompile(`(unsubscribe\r\n)\$1\r\n.`)

// converse plays random batches, each in one write, with a failing AUTH alone between them: behind other commands stock
// servers before Valkey 8.1.3 forget to answer it. It returns the replies, batch by batch.
func converse(w *wire, seed uint64, secret string) (replies []string) {
	k := &talk{Rand: rand.New(rand.NewPCG(seed, 0)), secret: secret}
	w.want("+OK", "AUTH", "app", secret)
	w.want("+OK", "FLUSHALL")
	w.want("+OK", "SET", "c", "1")
	for i := range 6 {
		end := fmt.Sprintf("end of %d", i)
		batch := k.batch(1+k.IntN(25), end)
		go w.Write([]byte(batch))
		var got strings.Builder
		for {
			frame := unordered.ReplaceAllString(clientID.ReplaceAllString(w.next(), "id"), "$1")
			got.WriteString(frame)
			if strings.Contains(frame, end) {
				break
			}
		}
		replies = append(replies, got.String(), w.do("AUTH", "app", "wrong"))
	}
	return replies
}

// TestAnswersWhatAServerAnswers holds the emulator in front of a server against the server alone, byte for byte.
func TestAnswersWhatAServerAnswers(t *testing.T) {
	t.Parallel()
	seed := seeded.Seed(t)
	stock, upstream := stockServer(t), realServer(t)
	servers := []*emulator.Server{emulator.New(t, quiet, upstreamOf(upstream)), emulator.New(t, quiet, upstreamOf(dripping(t, upstream)))}
	for i := range uint64(60) {
		s := servers[i%2]
		want := converse(dialPlain(t, stock), seed+i, stockPassword)
		got := converse(dial(t, s), seed+i, token(t, s))
		for j := range want {
			if got[j] != want[j] {
				t.Fatalf("VALETKEY_SEED=%d, part %d:\n got %q\nwant %q", seed+i, j, got[j], want[j])
			}
		}
	}
}
