package proxy

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/session"
)

// The texts of a server that asks for a password. Measured on valkey-server 8.0.1.
const (
	wrongPassword = "WRONGPASS invalid username-password pair or user is disabled."
	needLogin     = "NOAUTH Authentication required."
	needHello     = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> " +
		"option can be used to authenticate the client and select the RESP protocol version at the same time"
	// takesNoTLS is this project's own.
	takesNoTLS = "ERR valetkey: this port takes no TLS: set the client to plaintext, valetkey adds TLS on the way to the cache"
	// tlsHandshake is the first byte of every TLS connection, and of no request.
	tlsHandshake = 0x16
)

// check refuses a login that is not the one asked for. Without a password any will do.
func (s *Server) check(user, password string) (refusal string) {
	if s.Password == "" || same(user, s.user())&same(password, s.Password) == 1 {
		return ""
	}
	return wrongPassword
}

func (s *Server) user() string {
	if s.User == "" {
		return "default"
	}
	return s.User
}

// same compares without telling by its time where two words differ, nor how long they are.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// greet deals with the client before there is an upstream connection. It returns the bytes to begin with, if there are any yet, or why there is nothing to
// begin. A check that the port is open has gone by then.
func (c *client) greet() (first []byte, end *ending) {
	if c.srv.Password != "" {
		return c.demandLogin()
	}
	first, err := c.hear(time.Now().Add(c.srv.headStart))
	if os.IsTimeout(err) && c.ending() == nil { // it is still there, and silent
		return nil, nil
	}
	return first, c.neverBegan(err)
}

// hear waits for the client's first bytes.
func (c *client) hear(by time.Time) (first []byte, err error) {
	c.awaitUntil(by)
	if err := c.idle.Park(); err != nil {
		return nil, err
	}
	first = make([]byte, 4<<10)
	n, err := c.conn.Read(first)
	if n == 0 {
		return nil, err
	}
	return first[:n], c.heard(first[:n])
}

// heard takes note of what the client has sent.
func (c *client) heard(b []byte) error {
	if !c.began && b[0] == tlsHandshake {
		return errSpeaksTLS
	}
	c.began = true
	c.moved.Store(true)
	c.srv.facts.up.Add(int64(len(b)))
	return nil
}

// awaitUntil sets how long the client has, unless it is to end.
func (c *client) awaitUntil(by time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end == nil {
		c.idle.SetReadDeadline(by)
	}
}

var errSpeaksTLS = errors.New("the client speaks TLS")

// neverBegan is the end of a client that has left, or been sent away, before it sent anything to pass on; nil without an error.
func (c *client) neverBegan(err error) *ending {
	end := c.ending()
	switch {
	case err == nil:
		return nil
	case end != nil: // the server's own
		return end
	case err == errSpeaksTLS:
		return &ending{reason: Malformed, err: err, text: takesNoTLS}
	case os.IsTimeout(err):
		return &ending{reason: NoLogin, err: errors.New("no login in time")}
	}
	return &ending{reason: Left, err: hangUp(err)}
}

// demandLogin answers as a server with a password does, until the right one comes. It returns that login and what has been
// received behind it: the connection behind will answer it, in order.
func (c *client) demandLogin() ([]byte, *ending) {
	c.awaitUntil(time.Now().Add(positive(c.srv.LoginTimeout, 10*time.Second)))
	kept := &keeper{Conn: c.conn}
	requests := resp.NewCommandReader(kept, resp.BeforeAuth())
	for {
		cmd, err := requests.Next()
		if pe, ok := errors.AsType[*resp.ProtocolError](err); ok {
			return nil, &ending{reason: Malformed, err: err, text: "ERR " + pe.Text}
		}
		if err != nil {
			return nil, c.neverBegan(err)
		}
		reply, in := c.srv.receive(cmd.Args)
		if in {
			c.began = true
			return kept.bytes, nil
		}
		kept.drop(len(cmd.Raw))
		if _, err := c.conn.Write(reply); err != nil {
			return nil, &ending{reason: Left, err: err}
		}
		if len(cmd.Args) > 0 && strings.EqualFold(string(cmd.Args[0]), "quit") {
			return nil, &ending{reason: NoLogin}
		}
	}
}

// receive answers a request of a client that has not logged in; in says that this request does it.
func (s *Server) receive(args [][]byte) (reply []byte, in bool) {
	if len(args) == 0 {
		return nil, false
	}
	switch strings.ToLower(string(args[0])) {
	case "auth", "hello":
		return s.receiveLogin(args)
	case "quit":
		return resp.AppendSimple(nil, "OK"), false
	case "reset":
		return resp.AppendSimple(nil, "RESET"), false
	}
	return resp.AppendError(nil, needLogin), false
}

func (s *Server) receiveLogin(args [][]byte) (reply []byte, in bool) {
	l := session.ParseLogin(args)
	switch {
	case l.Refusal == "" && !l.Given:
		l.Refusal = needHello
	case l.Refusal == "":
		l.Refusal = s.check(l.User, l.Password)
	}
	if l.Refusal == "" {
		return nil, true
	}
	s.facts.refused(l.Refusal)
	return resp.AppendError(nil, l.Refusal), false
}

// A keeper keeps what has been read of a connection and not been dealt with.
type keeper struct {
	net.Conn
	bytes []byte
}

func (k *keeper) Read(p []byte) (int, error) {
	n, err := k.Conn.Read(p)
	k.bytes = append(k.bytes, p[:n]...)
	return n, err
}

func (k *keeper) drop(n int) { k.bytes = append(k.bytes[:0], k.bytes[n:]...) }

var _ io.Reader = (*keeper)(nil)
