package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/resp"
)

// patience bounds the waits that end by an event; a test that reaches it has failed.
const patience = 20 * time.Second

// An upstream is a small server that knows AUTH, PING, ECHO, MULTI, EXEC, HOLD (answered when release is called) and GARBAGE, and
// notes every request.
type upstream struct {
	ln      net.Listener
	hold    chan struct{}
	refuse  string
	further func(words []string) string // answers what it does not say "" to
	mu      sync.Mutex
	heard   []string
	conns   []net.Conn
	holding chan struct{}
}

func startUpstream(t *testing.T) *upstream {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{ln: ln, hold: make(chan struct{}), holding: make(chan struct{}, 10)}
	t.Cleanup(func() {
		ln.Close()
		u.cut()
	})
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			u.mu.Lock()
			u.conns = append(u.conns, conn)
			u.mu.Unlock()
			go u.serve(conn)
		}
	}()
	return u
}

func (u *upstream) cut() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, c := range u.conns {
		c.Close()
	}
}

func (u *upstream) requests() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return strings.Join(u.heard, ",")
}

func (u *upstream) dials() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.conns)
}

func (u *upstream) serve(conn net.Conn) {
	defer conn.Close()
	requests := resp.NewCommandReader(conn, resp.Limits{})
	for {
		cmd, err := requests.Next()
		if err != nil {
			return
		}
		words := make([]string, len(cmd.Args))
		for i, a := range cmd.Args {
			words[i] = string(a)
		}
		u.mu.Lock()
		u.heard = append(u.heard, strings.Join(words, " "))
		u.mu.Unlock()
		if _, err := io.WriteString(conn, u.answer(words)); err != nil {
			return
		}
	}
}

func (u *upstream) answer(words []string) string {
	if u.further != nil {
		if reply := u.further(words); reply != "" {
			return reply
		}
	}
	switch words[0] {
	case "AUTH":
		if u.refuse != "" {
			return "-" + u.refuse + "\r\n"
		}
	case "PING":
		return "+PONG\r\n"
	case "ECHO":
		return string(resp.AppendBulk(nil, words[1]))
	case "EXEC":
		return "*0\r\n"
	case "GARBAGE":
		return "?what\r\n"
	case "HELLO":
		return "%1\r\n$5\r\nproto\r\n:3\r\n"
	case "HOLD":
		u.holding <- struct{}{}
		<-u.hold
		return "+RELEASED\r\n"
	}
	return "+OK\r\n"
}

// source hands out the same token always.
type source struct{ err error }

func (s source) Token(context.Context) (valetkey.Token, error) {
	if s.err != nil {
		return valetkey.Token{}, s.err
	}
	return valetkey.NewToken("app", "token", time.Now().Add(time.Minute)), nil
}

// start serves a Server in front of u on a loopback port, with changes to it, and ends it with the test.
func start(t *testing.T, u *upstream, change func(*Server)) (s *Server, addr string) {
	t.Helper()
	s = &Server{Addr: u.ln.Addr().String(), Dialer: valetkey.Dialer{Source: source{}, Plaintext: true}}
	if change != nil {
		change(s)
	}
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, s, ln)
	return s, ln.Addr().String()
}

// serve serves ln until the test ends, and holds Serve to its word.
func serve(t *testing.T, s *Server, ln net.Listener) {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(patience):
			t.Error("Serve did not return")
		}
	})
}

// A conversation is a client of the proxy.
type conversation struct {
	t *testing.T
	net.Conn
	replies *bufio.Reader
}

func dial(t *testing.T, network, addr string) *conversation {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &conversation{t: t, Conn: conn, replies: bufio.NewReader(conn)}
}

func (c *conversation) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, s); err != nil {
		c.t.Fatal(err)
	}
}

// expect reads exactly want.
func (c *conversation) expect(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c.replies, got)
	if err != nil || string(got) != want {
		c.t.Fatalf("got %q (%v), want %q", got[:n], err, want)
	}
}

// expectEnd reads want and then the end of the connection.
func (c *conversation) expectEnd(want string) {
	c.t.Helper()
	got, err := io.ReadAll(c.replies)
	if err != nil || string(got) != want {
		c.t.Fatalf("got %q (%v), want %q and the end", got, err, want)
	}
	c.Close()
}

// ask sends a request in a line and expects the reply.
func (c *conversation) ask(request, want string) {
	c.t.Helper()
	c.send(request + "\r\n")
	c.expect(want)
}

// endedBy fails unless one connection, and no other, has ended, for the reason. It closes the server to be sure.
// eventually waits for something that happens without telling.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not in %v", what, patience)
		case <-time.After(time.Millisecond):
		}
	}
}

func endedBy(t *testing.T, s *Server, reason Reason) {
	t.Helper()
	s.Close()
	got := s.Stats()
	if got.Ended[reason] != 1 || got.Accepted != 1 || got.Open != 0 {
		t.Errorf("connections ended: %v of %d, want one by %s", got.Ended, got.Accepted, reason)
	}
}

var errNoCredentials = &valetkey.Error{Op: "sign", Subject: "token", Reason: valetkey.CredentialsUnavailable, Err: errors.New("none found\r\n-anywhere")}
