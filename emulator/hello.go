package emulator

import (
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// A hello is a HELLO request taken apart.
type hello struct {
	version        int // 0: keep the protocol
	auth           bool
	user, password string
	named          bool
	name           string
}

// parseHello takes HELLO apart in the order in which the engine does, and returns the engine's answer to a bad one.
// Measured on valkey-server 8.0.1.
func parseHello(args [][]byte) (h hello, text string) {
	args = args[1:]
	if len(args) == 0 {
		return h, ""
	}
	if h.version, text = protocolVersion(string(args[0])); text != "" {
		return h, text
	}
	for args = args[1:]; len(args) > 0; {
		switch option := string(args[0]); {
		case strings.EqualFold(option, "AUTH") && len(args) > 2:
			h.auth, h.user, h.password = true, string(args[1]), string(args[2])
			args = args[3:]
		case strings.EqualFold(option, "SETNAME") && len(args) > 1:
			if h.named, h.name = true, string(args[1]); !clientName(h.name) {
				return h, "ERR Client names cannot contain spaces, newlines or special characters."
			}
			args = args[2:]
		default:
			return h, "ERR Syntax error in HELLO option '" + option + "'"
		}
	}
	return h, ""
}

func protocolVersion(s string) (version int, text string) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || strconv.FormatInt(n, 10) != s:
		return 0, "ERR Protocol version is not an integer or out of range"
	case n < 2 || n > 3:
		return 0, "NOPROTO unsupported protocol version"
	}
	return int(n), ""
}

func clientName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}

// helloUnauthenticated is Valkey's answer to HELLO without AUTH before authentication. Measured.
const helloUnauthenticated = "NOAUTH HELLO must be called with the client already authenticated, otherwise the " +
	"HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version " +
	"at the same time"

// hello checks HELLO's AUTH and forwards the rest, so that the reply is the backend's own.
func (c *conn) hello(cmd resp.Command) bool {
	state, alive := c.settle()
	if !alive {
		return false
	}
	if r := misplaced(state, "hello"); r != nil {
		return c.refuse(state, "", r)
	}
	h, text := parseHello(cmd.Args)
	if text != "" {
		return c.refuse(state, "", &refusal{BadRequest, "HELLO", text})
	}
	if h.auth {
		if !c.takeTime() {
			return false
		}
		if r := c.authenticate(h.user, h.password); r != nil {
			return c.refuse(state, h.user, r)
		}
	} else if c.link.Load() == nil {
		return c.refuse(state, "", &refusal{NotAuthenticated, "got HELLO without AUTH", helloUnauthenticated})
	}
	return c.greet(state, h)
}

// greet forwards HELLO without AUTH and waits for the reply, after which the protocol is known. The client's name is set with
// a command of its own, because the embedded engine ignores SETNAME.
func (c *conn) greet(state connState, h hello) bool {
	l := c.link.Load()
	version := h.version
	if version == 0 {
		version = 2
		if state.resp3 {
			version = 3
		}
	}
	if l.hello(version) != nil {
		return false
	}
	if h.named && l.instead(nil, "CLIENT", "SETNAME", h.name) != nil {
		return false
	}
	_, alive := l.settle()
	return alive
}
