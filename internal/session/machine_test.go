package session

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/internal/resp"
)

// script are the requests a client may send; the fuzzer picks among them by number.
var script = []string{
	cmd("PING"), cmd("GET", "k"), cmd("ECHO", "hello\r\n+OK\r\n"), cmd("BAD"), cmd("DEEP"), "\r\n", "*0\r\n", "ping\r\n",
	"echo \"a b\"\r\n", cmd("MULTI"), cmd("EXEC"), cmd("EXEC", "x"), cmd("DISCARD"), cmd("DISCARD", "x"), cmd("ASKING"),
	cmd("CLIENT", "REPLY", "SKIP"), cmd("CLIENT", "REPLY", "OFF"), cmd("CLIENT", "REPLY", "ON"), cmd("HELLO", "3"),
	cmd("HELLO", "2"), cmd("HELLO", "9"), cmd("SUBSCRIBE", "a"), cmd("SUBSCRIBE", "a", "b", "c"), cmd("SUBSCRIBE", "denied"),
	cmd("UNSUBSCRIBE", "a"), cmd("UNSUBSCRIBE"), cmd("PING", "x"), cmd("MONITOR"), cmd("RESET"), cmd("SUBSCRIBE"),
	cmd("SET", "k", string(bytes.Repeat([]byte("v"), 300))), cmd("QUIT"),
	cmd("PSUBSCRIBE", "p*", "q*"), cmd("PUNSUBSCRIBE"), cmd("PUNSUBSCRIBE", "p*"), cmd("UNSUBSCRIBE"),
	cmd("SSUBSCRIBE", "s"), cmd("SUNSUBSCRIBE"), cmd("SUNSUBSCRIBE", "s"), cmd("ATTRIBUTE"), cmd("PING", "invalidate"),
	cmd("PING", "broken"), cmd("CLIENT", "INFO", "x"), cmd("EVAL", string(bytes.Repeat([]byte("\r\n*1"), 30)), "0"),
}

// tame are the requests after which a connection can still be followed, for long streams.
var tame = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 32, 33, 34, 36, 37, 38, 39, 40, 41, 42, 43}

func cmd(args ...string) string { return string(resp.AppendCommand(nil, args...)) }

// choose turns a fuzzer's bytes into a client's stream.
func choose(picks []byte) (stream []byte) {
	for _, p := range picks {
		stream = append(stream, script[int(p)%len(script)]...)
	}
	return stream
}

// A driver runs a machine between a client's stream and a model server, one small step at a time, authenticating again
// whenever it can.
type driver struct {
	m      *Machine
	s      *server
	rnd    *rand.Rand
	toS    []byte // on the wire to the server
	fromS  []byte // on the wire from the server
	view   []byte // what the client has seen
	failed error
	renews int
	refuse bool // some of our AUTHs are refused
	gaveUp bool // the connection had to be closed: RESET where the stream can no longer be followed
}

// chunk cuts a random piece off p.
func (d *driver) chunk(p []byte) int { return 1 + d.rnd.IntN(min(len(p), 1+d.rnd.IntN(60))) }

// serve lets the server take some bytes, and the client get some.
func (d *driver) serve() {
	if d.gaveUp {
		return
	}
	if len(d.toS) > 0 {
		n := d.chunk(d.toS)
		d.fromS = append(d.fromS, d.s.feed(d.toS[:n])...)
		d.toS = d.toS[n:]
	}
	if len(d.fromS) > 0 {
		n := d.chunk(d.fromS)
		out, err := d.m.Reply(d.fromS[:n])
		d.view, d.failed = append(d.view, out...), err
		if d.gaveUp = err != nil && (d.s.noclient || d.s.hidden); d.gaveUp { // their replies to CLIENT REPLY, and to ECHO, cannot be foreseen
			d.failed = nil
			return
		}
		d.fromS = d.fromS[n:]
	}
}

// until serves until ok, or until nothing moves any more.
func (d *driver) until(ok func() bool) bool {
	for !ok() {
		if len(d.toS)+len(d.fromS) == 0 || d.failed != nil || d.gaveUp {
			return false
		}
		d.serve()
	}
	return true
}

// send puts a command of ours on the wire, alone, and waits for its answer.
func (d *driver) send(p []byte) Verdict {
	if len(d.toS)+len(d.fromS) > 0 && d.m.Settled() && len(d.toS) > 0 {
		d.failed = fmt.Errorf("injected behind %q", d.toS)
	}
	d.toS = append(d.toS, p...)
	d.until(func() bool { return d.m.Verdict().Done })
	return d.m.Verdict()
}

// prove makes sure that nothing is outstanding.
func (d *driver) prove() bool {
	const nonce = "0123456789abcdef0123456789abcdef"
	v := d.send(d.m.Echo(nil, nonce))
	if v.Done && !v.OK {
		v = d.send(d.m.Nonsense(nil, nonce))
	}
	return v.OK
}

// settle sees to a need; it reports whether it could.
func (d *driver) settle(need Need) bool {
	if !d.until(d.m.Settled) {
		return false
	}
	if d.m.Blocker() != Free {
		return need == Turn || need == Settled
	}
	if d.m.Doubtful() && !d.prove() {
		if !d.gaveUp {
			d.failed = fmt.Errorf("the quiet could not be proved: %+v", d.m.Verdict())
		}
		return false
	}
	if need == Settled {
		return true
	}
	if need == RESP3 || need == RESP2 {
		v := d.send(d.m.Switch(nil, need))
		if v.Done && !v.OK && need == RESP3 { // as a Conn does
			d.m.LeaveSubscribers()
		}
		return v.Done
	}
	d.renews++
	secret := "good"
	if d.refuse && need == Turn && d.rnd.IntN(3) == 0 {
		secret = "stale"
	}
	if v := d.send(d.m.Authenticate(nil, secret)); v.OK != (secret == "good") && !d.s.hidden {
		d.failed = fmt.Errorf("AUTH %s: %+v", secret, v)
	}
	return d.failed == nil && !d.gaveUp
}

// run sends the whole stream through the machine.
func (d *driver) run(stream []byte) {
	for len(stream) > 0 && d.failed == nil && !d.s.closed && !d.gaveUp {
		n := d.chunk(stream)
		d.write(stream[:n])
		stream = stream[n:]
		for range d.rnd.IntN(4) {
			d.serve()
		}
		if d.rnd.IntN(4) == 0 && !d.gaveUp && d.m.Blocker() == Free {
			d.settle(Turn)
		}
	}
	d.until(func() bool { return d.gaveUp })
}

func (d *driver) write(p []byte) {
	turn := d.rnd.IntN(8) == 0
	for steps := 0; d.failed == nil; steps++ {
		if steps > 10_000 {
			d.failed = fmt.Errorf("no progress at %q", p)
		}
		n, out, need, err := d.m.Request(p, turn)
		if err != nil {
			d.failed = err
			return
		}
		d.toS, p = append(d.toS, out...), p[n:]
		if need == None && len(out) == 0 && len(p) == 0 {
			return
		}
		if need != None {
			if !d.settle(need) && d.failed == nil {
				d.gaveUp = d.gaveUp || need == Auth && (d.m.Blocker() == Opaque || d.s.noclient)
				if d.s.closed || d.gaveUp {
					return
				}
				d.failed = fmt.Errorf("need %d could not be met: %s", need, d.m.Blocker())
			}
			turn = false
		}
	}
}

// checkSession fails unless the client sees through a machine exactly what it sees on a plain connection.
func checkSession(t *testing.T, seed uint64, picks []byte) (renews int) {
	t.Helper()
	stream := choose(picks)
	plain := newServer()
	plain.nosub, plain.noecho, plain.noclient = seed%3 == 0, seed%5 == 0, seed%7 == 0
	plain.trusting = true
	want := plain.feed(stream)
	d := &driver{m: New("app", true), s: newServer(), rnd: rand.New(rand.NewPCG(seed, 1)), refuse: seed%2 == 0}
	d.s.nosub, d.s.noecho, d.s.noclient = plain.nosub, plain.noecho, plain.noclient
	d.run(stream)
	if len(plain.faults) > 0 {
		t.Fatalf("faults of the plain client: %q", plain.faults)
	}
	if d.m.Blocker() == Opaque && len(d.s.faults) > 0 && strings.HasPrefix(d.s.faults[0], "unauthenticated ") {
		return d.renews // left alone, and RESET after that
	}
	if d.failed != nil {
		t.Fatalf("seed %d, %q: %v", seed, stream, d.failed)
	}
	if len(d.s.faults) > 0 && !d.gaveUp {
		t.Fatalf("seed %d, %q: the server was asked for %q", seed, stream, d.s.faults)
	}
	if !bytes.Equal(d.view, want) && !(d.gaveUp && bytes.HasPrefix(want, d.view)) {
		t.Fatalf("seed %d, %q:\nplain   %q\nthrough %q", seed, stream, want, d.view)
	}
	return d.renews
}

// FuzzMachine: whatever a client sends, however it is cut, and whenever the connection is authenticated again, the client
// sees what it would see on a plain connection, and the server is never asked for what it must not be asked for.
func FuzzMachine(f *testing.F) {
	f.Add(uint64(1), []byte{0, 1, 2, 9, 1, 1, 10, 14, 1, 15, 0, 1})
	f.Add(uint64(2), []byte{18, 22, 0, 25, 1, 21, 24, 0})
	f.Add(uint64(3), []byte{22, 0, 1, 26, 25, 1, 0, 21, 25, 25, 2})
	f.Add(uint64(4), []byte{9, 11, 1, 9, 13, 12, 16, 1, 17, 1})
	f.Add(uint64(5), []byte{27, 0, 1, 0, 28})
	f.Add(uint64(6), []byte{18, 9, 21, 10, 19, 34})
	f.Fuzz(func(t *testing.T, seed uint64, picks []byte) {
		if len(picks) > 200 {
			return
		}
		checkSession(t, seed, picks)
	})
}

func TestMachineAgainstModel(t *testing.T) {
	const seed = 20260101
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	renews := 0
	for i := range 4000 {
		picks := make([]byte, 1+rnd.IntN(30))
		for j := range picks {
			picks[j] = byte(rnd.IntN(256))
		}
		renews += checkSession(t, uint64(i), picks)
	}
	for i := range 40 {
		picks := make([]byte, 3000)
		for j := range picks {
			picks[j] = tame[rnd.IntN(len(tame))]
		}
		renews += checkSession(t, uint64(i), picks)
	}
	t.Logf("%d renewals", renews)
	if renews < 4000 {
		t.Errorf("only %d renewals: the test does not test much", renews)
	}
}
