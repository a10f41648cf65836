package session

import "bytes"

// headBytes is how much of a value is looked at before any of it is passed on in translation: the pushes that differ in
// more than their first byte are shorter.
const headBytes = 64

// nulls are the answers to unsubscribing from nothing, which hold a null that RESP2 writes differently.
var nulls = [...]string{
	">3\r\n$11\r\nunsubscribe\r\n_\r\n",
	">3\r\n$12\r\npunsubscribe\r\n_\r\n",
	">3\r\n$12\r\nsunsubscribe\r\n_\r\n",
}

// RESP3 has a push of its own for what CLIENT TRACKING … REDIRECT sends to a RESP2 subscriber as a message, and to others not at all.
const (
	invalidation  = ">2\r\n$10\r\ninvalidate\r\n"
	invalidation2 = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"
	redirBroken   = ">2\r\n$21\r\ntracking-redir-broken\r\n" // of which RESP2 says nothing
)

// pass appends to out what the client is to see of p, a piece of the current value; done says that it is the last.
func (m *Machine) pass(p []byte, done bool) error {
	switch {
	case m.dropping:
		m.drop(p, done)
	case m.keeping:
		return m.keep(p, done)
	case !m.Translating():
		m.out = append(m.out, p...)
	case m.streaming:
		m.out = append(m.out, p...)
		m.streaming = !done
	default:
		m.head = append(m.head, p...)
		if done || len(m.head) >= headBytes {
			m.out = m.inRESP2(m.out)
			m.head = m.head[:0]
			m.streaming = !done
		}
	}
	return nil
}

// drop takes a piece of a value that is not for the client, or so it looks: beside a MONITOR's lines only the whole tells.
func (m *Machine) drop(p []byte, done bool) {
	if m.monitoring {
		m.head = append(m.head, p...)
	}
	if !done {
		return
	}
	if h := m.owe.head(); m.rep.Kind() == '+' && m.monitoring && startsWithDigit(m.rep.Head()) {
		m.out = append(m.out, m.head...)
	} else if m.rep.Kind() != '>' && h != nil && h.kind == substituted {
		m.out = append(m.out, m.answers[0]...)
	}
	m.head = m.head[:0]
}

// inRESP2 appends the head of a value as RESP2 writes it.
func (m *Machine) inRESP2(out []byte) []byte {
	if m.head[0] != '>' {
		return m.pong(out)
	}
	if rest, ok := bytes.CutPrefix(m.head, []byte(invalidation)); ok && m.subscribed() {
		return append(append(out, invalidation2...), rest...)
	} else if ok || bytes.HasPrefix(m.head, []byte(redirBroken)) {
		m.dropping = true
		return out
	}
	for _, n := range nulls {
		if bytes.HasPrefix(m.head, []byte(n)) {
			out = append(append(out, '*'), n[1:len(n)-3]...)
			return append(append(out, "$-1\r\n"...), m.head[len(n):]...)
		}
	}
	return append(append(out, '*'), m.head[1:]...)
}

// pong appends the head of an ordinary value, which for a subscriber's PING has another form in RESP2.
func (m *Machine) pong(out []byte) []byte {
	m.owe.dropAnswered()
	h := m.owe.head()
	if h == nil || h.kind != ping || !m.subscribed() || m.head[0] == '-' {
		return append(out, m.head...)
	}
	out = append(out, "*2\r\n$4\r\npong\r\n"...)
	if m.head[0] == '+' {
		return append(out, "$0\r\n\r\n"...)
	}
	return append(out, m.head...)
}

// refusal appends what a server answers to a command that RESP2 does not allow in the subscribed state.
// Source: measured on valkey-server 8.0.1 and redis-server 7.0.15.
func (m *Machine) refusal(dst []byte) []byte {
	name, _ := m.req.Arg(0)
	dst = appendFolded(append(dst, "-ERR Can't execute '"...), name)
	if sub, _ := m.req.Arg(1); len(sub) > 0 && hasSubcommands(&m.req) {
		dst = appendFolded(append(dst, '|'), sub)
	}
	return append(dst, "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n"...)
}

func appendFolded(dst, s []byte) []byte {
	for _, b := range s {
		dst = append(dst, fold(b))
	}
	return dst
}
