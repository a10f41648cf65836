package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

// An actor is one client of a stress.
type actor struct {
	*stress
	net.Conn
	r *rand.Rand
}

// A script is what one does.
type script struct {
	name string
	run  func(a *actor) error
}

var scripts = []script{
	{"pipeline", (*actor).pipeline}, {"pipeline", (*actor).pipeline}, {"pipeline", (*actor).pipeline},
	{"subscribe", (*actor).subscribe}, {"subscribe", (*actor).subscribe},
	{"block", (*actor).block}, {"block", (*actor).block},
	{"transact", (*actor).transact}, {"be silent", (*actor).beSilent}, {"be cut", (*actor).beCut},
}

// send sends requests, in up to three pieces.
func (a *actor) send(b []byte) error {
	for range a.r.IntN(3) {
		n := a.r.IntN(len(b))
		if _, err := a.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
		pause(a.r)
	}
	_, err := a.Write(b)
	return err
}

var errRefused = errors.New("refused") // by what is closed before it has reached the cache, for one

// expect reads exactly want.
func (a *actor) expect(want []byte) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(a, got)
	if !bytes.Equal(got[:n], want[:n]) {
		return unexpected(got[:n], want)
	}
	if err == nil {
		a.told.replies.Add(1)
	}
	return err
}

func (a *actor) ask(want string, args ...string) error {
	if err := a.send(resp.AppendCommand(nil, args...)); err != nil {
		return err
	}
	return a.expect([]byte(want))
}

// leave ends the connection: in good order, abruptly, or by saying that nothing more will come, which the other side answers with its end, behind
// what it owes.
func (a *actor) leave(owed []byte) error {
	switch a.r.IntN(4) {
	case 0:
		if tcp, ok := a.Conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
	case 1:
	default:
		return a.leaveHalf(owed)
	}
	return a.Close()
}

func (a *actor) leaveHalf(owed []byte) error {
	began := time.Now()
	if err := a.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		return err
	}
	err := a.expect(owed)
	if err == nil {
		err = a.expectEnd()
	}
	if hasEnded(err) && time.Since(began) >= linger { // the cache was held up for so long: the other side need not wait longer
		a.told.late.Add(1)
		return nil
	}
	return err
}

func (a *actor) expectEnd() error {
	got, err := io.ReadAll(a)
	if len(got) > 0 {
		return unexpected(got, nil)
	}
	return err
}

func unexpected(got, want []byte) error {
	if bytes.HasPrefix(got, []byte("-ERR ")) {
		return fmt.Errorf("%w: %.200q", errRefused, got)
	}
	return fmt.Errorf("got %.200q, want %.200q", got, want)
}

func (a *actor) pipeline() error {
	for range a.r.IntN(6) {
		requests, replies := a.echoes()
		if err := a.send(requests); err != nil {
			return err
		}
		pause(a.r)
		if err := a.expect(replies); err != nil {
			return err
		}
		pause(a.r)
	}
	requests, replies := a.echoes()
	if err := a.send(requests); err != nil {
		return err
	}
	return a.leave(replies)
}

// echoes is a number of requests and their replies, most of them small.
func (a *actor) echoes() (requests, replies []byte) {
	for range 1 + a.r.IntN(20) {
		word := strings.Repeat(strconv.Itoa(a.r.IntN(1000)), 1+a.r.IntN(30_000)>>a.r.IntN(16))
		requests = resp.AppendCommand(requests, "ECHO", word)
		replies = resp.AppendBulk(replies, word)
	}
	return requests, replies
}

// name is one that nobody else has.
func (a *actor) name() string { return strconv.FormatUint(a.r.Uint64(), 36) }

func (a *actor) subscribe() error {
	channel := a.name()
	if err := a.ask(array("subscribe", channel)+":1\r\n", "SUBSCRIBE", channel); err != nil {
		return err
	}
	for i := range a.r.IntN(6) {
		pause(a.r)
		if heard := a.do("PUBLISH", channel, strconv.Itoa(i)); heard != "1" && !a.ending.Load() {
			return fmt.Errorf("%s subscribers, want 1", heard)
		}
		if err := a.expect([]byte(array("message", channel) + string(resp.AppendBulk(nil, strconv.Itoa(i))))); err != nil {
			return err
		}
	}
	pause(a.r)
	return a.leave(nil)
}

// array is an array of three, of which the third is still to come.
func array(first, second string) string {
	return string(resp.AppendBulk(resp.AppendBulk(resp.AppendArray(nil, 3), first), second))
}

// block waits for what is pushed to a list, or leaves before that.
func (a *actor) block() error {
	key := a.name()
	if err := a.send(resp.AppendCommand(nil, "BLPOP", key, "0")); err != nil {
		return err
	}
	pause(a.r)
	if a.r.IntN(3) == 0 {
		return a.leave(nil)
	}
	a.do("RPUSH", key, "x")
	popped := resp.AppendBulk(resp.AppendBulk(resp.AppendArray(nil, 2), key), "x")
	if err := a.expect(popped); err != nil {
		return err
	}
	pause(a.r)
	return a.leave(nil)
}

func (a *actor) transact() error {
	for _, step := range [][]string{{"+OK\r\n", "MULTI"}, {"+QUEUED\r\n", "ECHO", "a"}, {"*1\r\n$1\r\na\r\n", "EXEC"}} {
		if err := a.ask(step[0], step[1:]...); err != nil {
			return err
		}
		pause(a.r)
	}
	return a.leave(nil)
}

// beSilent comes and goes.
func (a *actor) beSilent() error {
	pause(a.r)
	return a.leave(nil)
}

// beCut has the cache end the connection.
func (a *actor) beCut() error {
	name := a.name()
	if err := a.ask("+OK\r\n", "CLIENT", "SETNAME", name); err != nil {
		return err
	}
	pause(a.r)
	for _, line := range strings.Split(a.do("CLIENT", "LIST"), "\n") {
		if strings.Contains(line, " name="+name+" ") {
			a.do("CLIENT", "KILL", "ID", strings.TrimPrefix(strings.Fields(line)[0], "id="))
		}
	}
	return a.expectEnd()
}
