package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// A step is a piece of a client's stream and what happens elsewhere once it has been sent, on one server or the other.
type step struct {
	send []byte
	then func(on *controller) error
}

// A stream makes up what one client sends: bursts of requests, each of which ends with a token that comes back.
type stream struct {
	rnd    *rand.Rand
	id     int
	three  bool // speaks RESP3 just now
	want3  bool // and by habit
	logins bool // logs in, which the plain server must answer as the other side does
	burst  []step
	serial
}

// A serial numbers tokens.
type serial struct{ n int }

func (s *stream) token() string { s.n++; return fmt.Sprintf("token-%d-%d-", s.id, s.n) }

func (s *stream) key(name string) string { return fmt.Sprintf("c%d:%s", s.id, name) }

func (s *stream) raw(p string) {
	if len(s.burst) == 0 || s.burst[len(s.burst)-1].then != nil {
		s.burst = append(s.burst, step{})
	}
	last := &s.burst[len(s.burst)-1]
	last.send = append(last.send, p...)
}

func (s *stream) cmd(args ...string) { s.raw(string(resp.AppendCommand(nil, args...))) }

// meanwhile has another client run a command on either server once everything so far has been sent.
func (s *stream) meanwhile(args ...string) {
	s.raw("")
	s.burst[len(s.burst)-1].then = func(on *controller) error { return on.run(args...) }
}

// take returns the burst, ended by a token.
func (s *stream) take() (burst []step, end string) {
	end = s.token()
	s.cmd("ECHO", end)
	burst, s.burst = s.burst, nil
	return burst, end
}

// takeUntil returns the burst, which ends with end of itself.
func (s *stream) takeUntil() (burst []step) {
	burst, s.burst = s.burst, nil
	return burst
}

func (s *stream) pick(of ...string) string { return of[s.rnd.IntN(len(of))] }

// value is made of pieces that look like the protocol.
func (s *stream) value() string {
	size := s.rnd.IntN(200)
	switch s.rnd.IntN(40) {
	case 0:
		size = s.rnd.IntN(300_000)
	case 1, 2, 3:
		size = s.rnd.IntN(5000)
	}
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(s.pick("\r\n", "*3\r\n", "$5\r\nhello\r\n", "+OK\r\n", "-ERR no\r\n", ">2\r\n", "$-1\r\n", "_\r\n", "|1\r\n",
			"*1\r\n$4\r\nEXEC\r\n", "\x00\xff", "token-0-0-", strings.Repeat("x", 1+s.rnd.IntN(100))))
	}
	return b.String()
}

// elements are what bursts are made of. Each leaves the connection as it found it, but for the protocol.
var elements = []func(*stream){
	(*stream).getAndSet, (*stream).getAndSet, (*stream).small, (*stream).small, (*stream).small, (*stream).script,
	(*stream).mistake, (*stream).inline, (*stream).empty, (*stream).protocol, (*stream).transaction, (*stream).transaction,
	(*stream).block, (*stream).silence, (*stream).skip, (*stream).track, (*stream).asking, (*stream).hello, (*stream).nothingToLeave,
	(*stream).subscribeAmong,
}

func (s *stream) getAndSet() {
	k := s.key("k" + s.pick("1", "2", "3"))
	s.cmd("SET", k, s.value())
	for range 1 + s.rnd.IntN(3) {
		s.cmd("GET", k)
	}
}

func (s *stream) small() {
	switch s.rnd.IntN(5) {
	case 0:
		s.cmd("ECHO", s.token())
	case 1:
		s.cmd("MGET", s.key("k1"), s.key("none"), s.key("none"))
	case 2:
		s.cmd("INCR", s.key("n"))
	case 3:
		s.cmd("HSET", s.key("h"), "f"+s.pick("1", "2"), s.pick("a", "b\r\n"))
		s.cmd("HGETALL", s.key("h"))
	case 4:
		s.cmd("PING", s.token())
	}
}

func (s *stream) script() {
	s.cmd("EVAL", s.pick(
		"return {1,{2,'a\\r\\n',{false,{},{{}}}},'*1'}",
		"return {1,redis.error_reply('ERR inside'),redis.status_reply('FINE')}",
		"redis.setresp(3); return {map={a=1,b={1,2,{map={c=true}}}}}",
		"redis.setresp(3); return {set={x=true}}",
		"redis.setresp(3); return {{double=3.25},{big_number='123456789012345678901234567890'},true,false}",
		"return redis.status_reply('1700000000.1 [0 not a monitor line]')",
		"return redis.error_reply(string.rep('long ', 60))", "error('x')", "return nil"), "0")
}

func (s *stream) mistake() {
	switch s.rnd.IntN(6) {
	case 0:
		s.cmd("NOSUCH", "a", "b")
	case 1:
		s.cmd("GET")
	case 2:
		s.cmd("LPUSH", s.key("n2"), "a")
		s.cmd("GET", s.key("n2"))
		s.cmd("DEL", s.key("n2"))
	case 3:
		s.cmd("EXEC")
	case 4:
		s.cmd("DISCARD", "x")
	case 5:
		s.cmd("")
	}
}

func (s *stream) inline() {
	s.raw(s.pick("PING\r\n", "ECHO \"a b\\x41\"\r\n", "ECHO 'x y'\n", "\v echo inline\r\n", "\"\"\r\n", "GET\r\n", "ECHO\vx\r\n"))
}

func (s *stream) empty() { s.raw(s.pick("\r\n", "*0\r\n", "*-1\r\n", "\n")) }

func (s *stream) protocol() {
	s.cmd("DEBUG", "PROTOCOL", s.pick("string", "integer", "double", "null", "array", "set", "map", "attrib", "push", "verbatim",
		"true", "false", "bignum"))
}

func (s *stream) asking() { s.cmd("ASKING"); s.cmd("ECHO", s.token()) }

func (s *stream) transaction() {
	s.cmd(s.pick("MULTI", "MULTI", "MULTI", "multi", "MULTI"))
	for range s.rnd.IntN(5) {
		switch s.rnd.IntN(7) {
		case 0:
			s.cmd("MULTI")
		case 1:
			s.cmd("NOSUCH")
		case 2:
			s.cmd("DISCARD", "x")
		case 3:
			s.cmd("WATCH", s.key("k1"))
		case 4:
			if s.three {
				s.cmd(s.pick("SUBSCRIBE", "PSUBSCRIBE"), "in-multi")
				s.cmd("UNSUBSCRIBE", "in-multi")
				s.cmd("PUNSUBSCRIBE", "in-multi")
			}
		default:
			s.small()
		}
	}
	s.raw(s.pick("", "", "\r\n"))
	s.cmd(s.pick("EXEC", "EXEC", "EXEC", "DISCARD", "DISCARD"))
	if s.rnd.IntN(4) == 0 {
		s.cmd("MULTI")
		s.cmd("EXEC", "x")
	}
	if s.rnd.IntN(4) == 0 {
		s.cmd("MULTI", "x")
	}
}

func (s *stream) block() {
	if s.rnd.IntN(2) == 0 {
		s.cmd("BLPOP", s.key("none"), "0.01")
		return
	}
	s.cmd("BLPOP", s.key("list"), "30")
	s.small()
	s.meanwhile("RPUSH", s.key("list"), s.token())
}

func (s *stream) silence() {
	s.cmd("CLIENT", "REPLY", "OFF")
	for range s.rnd.IntN(4) {
		s.small()
	}
	s.cmd("CLIENT", "REPLY", "ON")
}

func (s *stream) skip() {
	s.cmd("CLIENT", "REPLY", "SKIP")
	switch s.rnd.IntN(4) {
	case 0:
		s.cmd("CLIENT", "REPLY", "SKIP")
		s.cmd("GET", s.key("k1"))
	case 1:
		s.cmd("CLIENT", "REPLY", "ON")
	case 2:
		s.empty()
	}
	s.cmd("ECHO", s.token())
	s.cmd("ECHO", s.token())
}

// track caches a key that this very client changes then.
func (s *stream) track() {
	k := s.key("tracked")
	s.cmd("CLIENT", "TRACKING", "ON", "OPTIN")
	s.cmd("CLIENT", "CACHING", "YES")
	s.cmd("GET", k)
	s.cmd("SET", k, "x")
	s.cmd("SET", k, "y")
	s.cmd("CLIENT", "TRACKING", "OFF")
}

func (s *stream) hello() {
	switch s.rnd.IntN(5) {
	case 0:
		s.cmd("HELLO")
	case 1:
		s.cmd("HELLO", s.pick("9", "x"))
	case 2:
		s.cmd("HELLO", "3", "SETNAME")
	default:
		s.speak(!s.three)
		if s.rnd.IntN(2) == 0 {
			s.small()
			s.speak(s.want3)
		}
	}
}

func (s *stream) speak(three bool) {
	if s.three = three; three {
		s.cmd("HELLO", "3", "SETNAME", "three")
	} else {
		s.cmd("HELLO", "2")
	}
}

func (s *stream) nothingToLeave() {
	s.cmd(s.pick("UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"))
	s.cmd("UNSUBSCRIBE", "never", "neither")
}

// subscribeAmong subscribes in the middle of other requests, and in RESP3 does all sorts of things meanwhile.
func (s *stream) subscribeAmong() {
	s.cmd("SUBSCRIBE", s.key("a"))
	s.cmd(s.pick("PSUBSCRIBE", "SSUBSCRIBE"), s.key("b"))
	s.cmd("SUBSCRIBE", s.key("a"), s.key("c"), s.key("d"))
	s.whileSubscribed()
	if s.three {
		s.cmd("PUBLISH", s.key("a"), s.value())
		s.transaction()
		s.getAndSet()
	}
	s.whileSubscribed()
	s.cmd("UNSUBSCRIBE", s.key("c"), s.key("d")) // so that one is left: the order of several differs from server to server
	for _, kind := range []string{"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"} {
		s.cmd(kind)
		s.whileSubscribed()
	}
	s.small()
}

// whileSubscribed is what looks different to a subscriber, or is refused.
func (s *stream) whileSubscribed() {
	switch s.rnd.IntN(8) {
	case 0:
		s.cmd("PING")
	case 1:
		s.cmd("PING", s.value())
	case 2:
		s.cmd("PING", "a", "b")
	case 3:
		s.cmd("GET", s.key("k1"))
	case 4:
		s.cmd("CLIENT", "SETNAME", "x")
	case 5:
		s.cmd("SET", s.key("k1"), s.value())
	case 6:
		s.cmd("SUBSCRIBE")
	case 7:
		s.empty()
	}
}

// bursts are made one at a time: run sends them, and waits where the next depends on what has happened.
func (s *stream) next(run func(burst []step, end string) error) error {
	if s.logins && s.rnd.IntN(4) == 0 {
		s.failLogin()
	}
	for range 1 + s.rnd.IntN(12) {
		if s.logins && s.rnd.IntN(6) == 0 {
			s.login()
		}
		elements[s.rnd.IntN(len(elements))](s)
	}
	if s.rnd.IntN(8) == 0 {
		s.cmd("RESET")
		s.three = false
		s.small()
	}
	if s.rnd.IntN(40) == 0 {
		s.monitor()
	}
	if s.three != s.want3 {
		s.speak(s.want3)
	}
	if err := run(s.take()); err != nil {
		return err
	}
	switch s.rnd.IntN(6) {
	case 0:
		return s.loseRace(run)
	case 1:
		return s.hearOthers(run)
	}
	return nil
}

// monitor sees everything for a while. Its lines are masked.
func (s *stream) monitor() {
	s.cmd("MONITOR")
	s.cmd("ECHO", s.token())
	s.cmd("PING")
	s.cmd("RESET")
	s.three = false
}

// loseRace watches a key that somebody else changes, so that EXEC answers null.
func (s *stream) loseRace(run func([]step, string) error) error {
	s.cmd("WATCH", s.key("watched"))
	if err := run(s.take()); err != nil {
		return err
	}
	s.meanwhile("SET", s.key("watched"), s.token())
	s.cmd("MULTI")
	s.small()
	s.cmd("EXEC")
	return run(s.take())
}

// hearOthers gets messages that others publish.
func (s *stream) hearOthers(run func([]step, string) error) error {
	how, publish := "SUBSCRIBE", "PUBLISH"
	if s.rnd.IntN(2) == 0 {
		how, publish = "SSUBSCRIBE", "SPUBLISH"
	}
	end := s.token()
	s.cmd(how, s.key("news"))
	s.cmd("PING", end)
	if err := run(s.takeUntil(), end); err != nil {
		return err
	}
	for range 1 + s.rnd.IntN(4) {
		end = s.token()
		s.meanwhile(publish, s.key("news"), s.value()+end)
		if err := run(s.takeUntil(), end); err != nil {
			return err
		}
		s.whileSubscribed()
		end = s.token() // the next message must not overtake
		s.cmd("PING", end)
		if err := run(s.takeUntil(), end); err != nil {
			return err
		}
	}
	s.cmd(strings.Replace(how, "SUB", "UNSUB", 1), s.key("news"))
	return run(s.take())
}
