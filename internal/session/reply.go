package session

import (
	"errors"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// Reply takes bytes of the server's and returns those for the client: p itself where nothing had to be taken out, else
// bytes valid until the next call. An error, always a *resp.ProtocolError, means that what follows out cannot be framed
// and that the connection must be closed.
func (m *Machine) Reply(p []byte) (out []byte, err error) {
	if m.blind() {
		return p, nil
	}
	n := 0
	for n < len(p) && !m.edits() && (m.Rename == nil || !m.keeps(p[n:])) {
		if k := m.passReplies(p[n:]); k > 0 {
			n += k
			continue
		}
		k, done, err := m.rep.Scan(p[n:])
		if n += k; err != nil {
			return m.unframable(p, n, err)
		}
		if done {
			err = m.answered()
		}
		if m.blind() || err != nil {
			return p, err
		}
	}
	if n == len(p) {
		return p, nil
	}
	m.out = append(m.out[:0], p[:n]...)
	err = m.edit(p[n:])
	return m.out, err
}

// edits reports whether values have to be looked at one by one, because one of them is ours or has to be translated.
func (m *Machine) edits() bool {
	return m.injected || m.dropping || m.keeping || m.Translating() || len(m.head) > 0 || len(m.answers) > 0
}

// unframable handles bytes that are not RESP as we know it. Streamed types are passed on, the connection never touched again.
func (m *Machine) unframable(p []byte, n int, err error) ([]byte, error) {
	var pe *resp.ProtocolError
	if m.opaque || errors.As(err, &pe) && pe.Streamed && !m.injected && len(m.answers) == 0 {
		m.opaque, m.unframed = true, true
		return p, nil
	}
	return p[:n], err
}

// edit appends to out what the client is to see of p.
func (m *Machine) edit(p []byte) error {
	for len(p) > 0 {
		if m.rep.AtBoundary() {
			m.dropping = m.ours(p[0])
			m.keeping = !m.dropping && m.keeps(p)
		}
		n, done, err := m.rep.Scan(p)
		if err != nil {
			return m.letGo(p, err)
		}
		if err := m.pass(p[:n], done); err != nil {
			return err
		}
		if p = p[n:]; !done {
			continue
		}
		err = m.answered()
		if m.dropping, m.keeping = false, false; err != nil {
			return err
		}
		if m.blind() {
			m.out = append(m.out, p...)
			return nil
		}
	}
	return nil
}

// ours reports whether the value that begins with b answers a command of ours. Pushes never do.
func (m *Machine) ours(b byte) bool {
	if b == '>' {
		return false
	}
	m.owe.dropAnswered()
	h := m.owe.head()
	return h != nil && h.kind.ours()
}

// errNotOurs: what came in the place of our answer is somebody else's.
var errNotOurs = &resp.ProtocolError{Text: "Protocol error: an answer that is not ours"}

// answered accounts for a value that is over.
func (m *Machine) answered() error {
	kind := m.rep.Kind()
	switch {
	case kind == '>':
		m.pushed()
		return nil
	case m.monitoring && kind == '+' && startsWithDigit(m.rep.Head()):
		return nil
	}
	m.owe.dropAnswered()
	h := m.owe.head()
	if h != nil && h.kind.pushes() && kind != '-' && kind != '+' {
		m.owe.pop() // it was never going to be answered; this belongs to the next
		h = m.owe.head()
	}
	if h == nil { // more replies than requests
		return m.miscounted()
	}
	err := error(nil)
	switch {
	case h.kind.ours() && !m.dropping: // it had begun before our command was sent, and the client has seen its head
		err = errNotOurs
	case h.kind.injected():
		err = m.conclude(h.kind, kind)
	case h.kind == substituted:
		err = m.replaced(kind)
	default:
		if m.multi && m.Rename != nil {
			m.enqueue(h, kind)
		}
		m.take(h, kind, kind != '-' && kind != '!')
	}
	m.owe.one()
	return err
}

// miscounted gives up following. A connection that is being translated cannot be left alone.
func (m *Machine) miscounted() error {
	if m.Translating() && !m.opaque || len(m.answers) > 0 || m.forms > 0 {
		return &resp.ProtocolError{Text: "Protocol error: more replies than requests"}
	}
	m.opaque = true
	return nil
}

// take keeps the state that replies decide.
func (m *Machine) take(h *expectation, kind byte, ok bool) {
	switch h.kind {
	case multi:
		m.multi = m.multi || ok
		m.begins--
		m.inMulti = m.inMulti && (m.multi || m.begins > 0)
	case exec:
		m.multi = false
		m.ends--
	case discard:
		m.multi = m.multi && !ok
		m.ends--
	case monitor:
		m.monitoring = m.monitoring || ok
	case reset:
		m.ends--
		if ok {
			m.multi, m.monitoring, m.subs, m.shards = false, false, 0, 0
			m.above, m.below = 2, 2
			m.doubt = m.doubt && string(m.rep.Head()) != "RESET"
		}
	case hello, helloOwn, helloOther:
		m.took(h.kind, kind, ok)
	case authOwn:
		m.loggedIn, m.foreign = m.loggedIn || ok, m.foreign && !ok
	case authOther:
		m.foreign = m.foreign || ok
	case listing:
		m.forms--
	}
	if !m.multi && m.queued > 0 {
		m.queued, m.listed = 0, nil
	}
}

// took takes the client's own HELLO, whose reply names the protocol: a map is RESP3, an array RESP2.
func (m *Machine) took(h expectationKind, kind byte, ok bool) {
	m.hellos--
	if !ok {
		return
	}
	m.opaque = m.opaque || kind != '%' && kind != '*' // queued: what it does is not to be seen
	m.above, m.below = protocolOf(kind), protocolOf(kind)
	m.foreign = (m.foreign || h == helloOther) && h != helloOwn
	m.loggedIn = m.loggedIn || h == helloOwn
	if m.above == 2 && m.subscribed() { // a RESP2 subscriber again, by the client's own doing
		m.opaque = true
	}
}

func protocolOf(kind byte) int8 {
	if kind == '%' {
		return 3
	}
	return 2
}

// conclude takes the answer to a command of ours. An answer that cannot be ours means that the client has lost one.
func (m *Machine) conclude(k expectationKind, kind byte) error {
	m.injected = false
	m.verdict = Verdict{Done: true, Text: string(m.rep.Head())}
	switch ok, sure := m.judge(k, kind, m.verdict.Text); {
	case !sure:
		return errNotOurs
	case ok:
		m.verdict.OK = true
	case k == injectedAuth:
		m.doubt = true // an error can be anybody's
	}
	return nil
}

// judge says of a value whether it is what a command of ours asked for, and whether it is an answer to it at all.
func (m *Machine) judge(k expectationKind, kind byte, head string) (ok, sure bool) {
	switch k {
	case injectedEcho:
		ok = kind == '$' && head == m.answer
		m.proved(ok)
		return ok, ok || kind == '-' && strings.HasPrefix(head, "NOPERM ") && strings.Contains(head, "'echo'")
	case injectedNonsense:
		ok = kind == '-' && strings.Contains(head, m.answer)
		m.proved(ok)
		return ok, ok
	case injectedAuth:
		ok = kind == '+' && head == "OK"
	default:
		if ok = kind == '%' || kind == '*'; ok {
			m.below = protocolOf(kind)
		}
	}
	return ok, ok || kind == '-'
}

// proved ends the doubt if ok.
func (m *Machine) proved(ok bool) {
	m.doubt, m.echoed = m.doubt && !ok, m.echoed && !ok
}

// pushed takes a push: a confirmation of the (un)subscribe request at the head of the queue, or news.
func (m *Machine) pushed() {
	k, ok := pushKind(m.rep.Head())
	if !ok {
		return
	}
	if k == ssubscribe || k == sunsubscribe {
		m.shards = m.rep.LastInt()
	} else {
		m.subs = m.rep.LastInt()
	}
	m.owe.dropAnsweredBut(k)
	if h := m.owe.head(); h != nil && h.kind == k {
		h.got++
		if h.got == h.n || h.n == unknown && m.rep.LastInt() == 0 {
			m.owe.pop()
		}
	}
}

func (m *Machine) subscribed() bool { return m.subs > 0 || m.shards > 0 }

func startsWithDigit(b []byte) bool { return len(b) > 0 && b[0] >= '0' && b[0] <= '9' }
