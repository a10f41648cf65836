package session

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// maxLogin bounds a login, which is held until it is whole.
const maxLogin = 64 << 10

// What is sent in place of a login that has been answered here is a PING (see [substitute]), except inside MULTI.
const (
	// queued takes the place of a login that was accepted: it is answered with QUEUED and then OK, as AUTH is, and does nothing
	// there, because EXEC ends the watching of keys before it runs anything.
	queued = "*1\r\n$7\r\nUNWATCH\r\n"
	// unqueueable takes the place of one that was refused. No server queues it, so that the transaction is aborted.
	unqueueable = "*1\r\n$3\r\nGET\r\n"
)

// A Login is what an AUTH or a HELLO asks for.
type Login struct {
	// Given is false for a HELLO without AUTH.
	Given bool
	// User and Password are what was given.
	User, Password string
	// Refusal is what a server answers to a request that is malformed.
	Refusal string

	rest []string // HELLO without its AUTH
}

// ParseLogin takes an AUTH or a HELLO apart as servers do. Measured on valkey-server 8.0.1.
func ParseLogin(args [][]byte) Login {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	if len(words[0]) == len("HELLO") {
		return parseHello(words)
	}
	switch len(words) {
	case 1:
		return Login{Given: true, Refusal: "ERR wrong number of arguments for 'auth' command"}
	case 2:
		return Login{Given: true, User: "default", Password: words[1]}
	case 3:
		return Login{Given: true, User: words[1], Password: words[2]}
	}
	return Login{Given: true, Refusal: "ERR syntax error"}
}

func parseHello(words []string) Login {
	l := Login{rest: words[:1:1]}
	if len(words) == 1 {
		return l
	}
	l.rest = append(l.rest, words[1])
	for options := words[2:]; len(options) > 0; {
		switch o := options[0]; {
		case strings.EqualFold(o, "AUTH") && len(options) > 2:
			l.Given, l.User, l.Password = true, options[1], options[2]
			options = options[3:]
		case strings.EqualFold(o, "SETNAME") && len(options) > 1:
			l.rest, options = append(l.rest, o, options[1]), options[2:]
		default:
			l.Refusal = "ERR Syntax error in HELLO option '" + oneLine(o) + "'"
			l.Given = l.Given || hasAuth(options)
			options = nil
		}
	}
	if text := refuseVersion(words[1]); text != "" {
		l.Refusal = text
	}
	return l
}

func refuseVersion(s string) string {
	switch n, err := strconv.ParseInt(s, 10, 64); {
	case err != nil || strconv.FormatInt(n, 10) != s:
		return "ERR Protocol version is not an integer or out of range"
	case n != 2 && n != 3:
		return "NOPROTO unsupported protocol version"
	}
	return ""
}

func hasAuth(words []string) bool {
	for _, w := range words {
		if strings.EqualFold(w, "AUTH") {
			return true
		}
	}
	return false
}

// oneLine is s as servers write it into an error.
func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

// asks reports whether the request whose name is known is one of those that are answered here, and not refused for another reason.
func (m *Machine) asks() bool {
	if m.Login == nil || m.swallow || !m.req.Named() {
		return false
	}
	c := classifyName(&m.req)
	return c == cmdAuth || c == cmdHello
}

// gather goes on with a login, which is held until it is whole, and returns what goes on in its place.
func (m *Machine) gather(p []byte) (n int, out []byte, need Need, err error) {
	if !m.req.AtBoundary() {
		var done bool
		n, done, err = m.req.Scan(p)
		if m.held = append(m.held, p[:n]...); err == nil && len(m.held) > maxLogin {
			err = &resp.ProtocolError{Text: "Protocol error: too big login request"}
		}
		if m.broken = err; err != nil || !done {
			return n, nil, None, err
		}
	}
	switch {
	case m.opaque: // its reply could not be put in its place
		m.broken = &resp.ProtocolError{Text: "valetkey: no login is possible in this state of the connection"}
		return n, nil, None, m.broken
	case (m.hellos > 0 || m.multi && !m.inMulti) && !m.Settled(): // what HELLO and EXEC have done is not known yet
		return n, nil, Settled, nil
	}
	out, need = m.resolve()
	m.held = nil // it has a password
	return n, out, need, nil
}

// resolve answers the login held.
func (m *Machine) resolve() (out []byte, need Need) {
	cmd, _ := resp.NewCommandReader(bytes.NewReader(m.held), resp.Limits{}).Next() // it has been scanned
	l := ParseLogin(cmd.Args)
	if !l.Given { // the server's affair
		m.wire = append(m.wire[:0], m.held...)
		return m.wire, m.finish()
	}
	refusal := l.Refusal
	if refusal == "" {
		refusal = m.Login(l.User, l.Password)
	}
	if refusal == "" && l.rest != nil {
		m.wire = resp.AppendCommand(m.wire[:0], l.rest...)
		return m.wire, m.finish()
	}
	return m.standIn(refusal), None
}

// standIn has the login answered in its place in the order.
func (m *Machine) standIn(refusal string) []byte {
	request, kind, answer := substitute, substituted, "+OK\r\n"
	if refusal != "" {
		answer = "-" + refusal + "\r\n"
	}
	switch {
	case !m.inMulti && !m.multi:
	case refusal == "":
		request, kind = queued, plain
	default:
		request = unqueueable
	}
	if silent := m.note(ordinary); !silent {
		m.owe.add(expectation{kind: kind, n: 1})
		if kind == substituted {
			m.answers = append(m.answers, answer)
		}
	}
	m.wire = append(m.wire[:0], request...)
	return m.wire
}

// replaced takes the reply to a substitute, which the client sees as the answer that waits for it.
func (m *Machine) replaced(kind byte) error {
	m.answers = m.answers[1:]
	if kind == '-' || kind == '+' && string(m.rep.Head()) == "PONG" {
		return nil
	}
	return errNotOurs
}
