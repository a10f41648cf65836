package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
)

// With no password asked for, every way to log in is accepted, answered in its place, and never sent on.
func TestLoginsAreAnswered(t *testing.T) {
	u := startUpstream(t)
	_, addr := start(t, u, nil)
	c := dial(t, "tcp", addr)
	c.send("PING\r\nAUTH dummy\r\nECHO a\r\nauth me secret\r\nHELLO 3 AUTH me secret SETNAME x\r\nAUTH\r\nAUTH a b c\r\nPING\r\n")
	c.expect("+PONG\r\n+OK\r\n$1\r\na\r\n+OK\r\n%1\r\n$5\r\nproto\r\n:3\r\n" +
		"-ERR wrong number of arguments for 'auth' command\r\n-ERR syntax error\r\n+PONG\r\n")
	if got, want := u.requests(), "AUTH app token,PING,PING,ECHO a,PING,HELLO 3 SETNAME x,PING,PING,PING"; got != want {
		t.Errorf("the upstream got %q, want %q", got, want)
	}
}

// Nothing is dialled for a client that comes and goes, such as a check that the port is open.
func TestUpstreamWaitsForTheClient(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, func(s *Server) { s.headStart = patience })
	dial(t, "tcp", addr).Close()
	dial(t, "tcp", addr).ask("PING", "+PONG\r\n")
	s.Close()
	if n := u.dials(); n != 1 {
		t.Errorf("%d upstream connections, want 1", n)
	}
}

// A client that stays is connected before it has anything to send, and drained like any other.
func TestUpstreamDoesNotWaitForLong(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, nil)
	c := dial(t, "tcp", addr)
	eventually(t, "an upstream connection", func() bool { return s.Stats().Upstream.Dialed > 0 })
	if got, want := u.requests(), "AUTH app token"; got != want {
		t.Errorf("the upstream got %q, want %q", got, want)
	}
	c.ask("PING", "+PONG\r\n")
	silent := dial(t, "tcp", addr)
	if err := <-shutdown(t, s, patience); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	c.expectEnd("")
	silent.expectEnd("")
}

// With a password nothing is dialled for a client that has not logged in, however long it stays.
func TestUpstreamWaitsForTheLogin(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, func(s *Server) { s.Password, s.LoginTimeout = "local", 50*time.Millisecond })
	dial(t, "tcp", addr).expectEnd("")
	endedBy(t, s, NoLogin)
	if n := u.dials(); n != 0 {
		t.Errorf("%d upstream connections, want none", n)
	}
}

// A client that was silent while the cache could not be reached hears of it when it asks for something, or is connected by then.
func TestUnreachableAtFirst(t *testing.T) {
	u := startUpstream(t)
	u.refuse = "ERR not now"
	s, addr := start(t, u, nil)
	c := dial(t, "tcp", addr)
	eventually(t, "a refusal", func() bool { return len(s.Stats().NotDialed) > 0 })
	u.mu.Lock()
	u.refuse = ""
	u.mu.Unlock()
	c.ask("PING", "+PONG\r\n")
}

func TestLocalPassword(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, func(s *Server) { s.User, s.Password = "me", "secret" })
	const wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
	c := dial(t, "tcp", addr)
	c.ask("PING", "-NOAUTH Authentication required.\r\n")
	c.ask("\r\nHELLO 3", "-"+needHello+"\r\n")
	c.ask("HELLO 4 AUTH me secret", "-NOPROTO unsupported protocol version\r\n")
	c.ask("AUTH secret", wrong)
	c.ask("AUTH me guess", wrong)
	c.ask("AUTH you secret", wrong)
	c.ask("HELLO 3 AUTH me guess", wrong)
	c.ask("RESET", "+RESET\r\n")
	if n := u.dials(); n != 0 {
		t.Fatalf("%d upstream connections before the login, want none", n)
	}
	c.ask("AUTH me secret\r\nPING", "+OK\r\n+PONG\r\n")
	c.ask("AUTH me guess", wrong)
	c.ask("PING", "+PONG\r\n")
	other := dial(t, "tcp", addr)
	other.ask("HELLO 3 AUTH me secret", "%1\r\n$5\r\nproto\r\n:3\r\n")
	if got := u.requests(); strings.Contains(got, "secret") || strings.Contains(got, "guess") {
		t.Errorf("a local password went upstream: %q", got)
	}
	if got := s.Stats().LoginsRefused; got != 6 {
		t.Errorf("%d logins refused, want 6", got)
	}
	dial(t, "tcp", addr).ask("QUIT", "+OK\r\n")
}

func TestLocalPasswordOfTheDefaultUser(t *testing.T) {
	_, addr := start(t, startUpstream(t), func(s *Server) { s.Password = "secret" })
	dial(t, "tcp", addr).ask("AUTH secret", "+OK\r\n")
	dial(t, "tcp", addr).ask("AUTH default secret", "+OK\r\n")
	dial(t, "tcp", addr).ask("AUTH me secret", "-"+wrongPassword+"\r\n")
}

// A client that does not log in is not kept for ever, however slowly it sends, and cannot make the proxy store much.
func TestLoginLimits(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, func(s *Server) { s.Password, s.LoginTimeout = "secret", 50*time.Millisecond })
	c := dial(t, "tcp", addr)
	c.send("*2\r\n$4\r\nAUTH\r\n$6\r\nsec")
	c.expectEnd("")
	endedBy(t, s, NoLogin)

	for name, tt := range map[string]struct{ request, want string }{
		"arguments": {"*1000\r\n$4\r\nAUTH\r\n", "-ERR Protocol error: unauthenticated multibulk length\r\n"},
		"bytes":     {"*2\r\n$4\r\nAUTH\r\n$1000000\r\n", "-ERR Protocol error: unauthenticated bulk length\r\n"},
		"inline":    {strings.Repeat("x", 70_000), "-ERR Protocol error: too big inline request\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s, addr := start(t, u, func(s *Server) { s.Password = "secret" })
			c := dial(t, "tcp", addr)
			c.send(tt.request)
			c.expectEnd(tt.want)
			endedBy(t, s, Malformed)
		})
	}
	if n := u.dials(); n != 0 {
		t.Errorf("%d upstream connections without a login, want none", n)
	}
}

// Malformed requests end their own connection alone, after the replies to what came before.
func TestMalformedRequests(t *testing.T) {
	for name, tt := range map[string]struct{ request, want string }{
		"garbage count": {"PING\r\n*x\r\n", "+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n"},
		"no bulk":       {"PING\r\n*1\r\nPING\r\n", "+PONG\r\n-ERR Protocol error: expected '$', got 'P'\r\n"},
		"bare CR":       {"PING\r\n*1\r\n$4\r\nPINGxx", "+PONG\r\n-ERR Protocol error: expected CRLF behind an argument\r\n"},
		"quotes":        {"PING\r\nECHO \"a\r\n", "+PONG\r\n-ERR Protocol error: unbalanced quotes in request\r\n"},
		"endless line":  {"PING\r\n" + strings.Repeat("y", 70_000), "+PONG\r\n-ERR Protocol error: too big inline request\r\n"},
		"TLS":           {"\x16\x03\x01\x02\x00\x01\x00", "-" + takesNoTLS + "\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			u := startUpstream(t)
			s, addr := start(t, u, nil)
			c := dial(t, "tcp", addr)
			c.send(tt.request)
			c.expectEnd(tt.want)
			endedBy(t, s, Malformed)
		})
	}
}

func TestMalformedRequestLeavesOthersAlone(t *testing.T) {
	_, addr := start(t, startUpstream(t), nil)
	other := dial(t, "tcp", addr)
	other.ask("PING", "+PONG\r\n")
	bad := dial(t, "tcp", addr)
	bad.send("*1\r\n$-5\r\n")
	bad.expectEnd("-ERR Protocol error: invalid bulk length\r\n")
	other.ask("ECHO still", "$5\r\nstill\r\n")
}

// What the upstream sends that is no RESP ends the connection. What came before it arrives, and nothing behind it.
func TestMalformedReplies(t *testing.T) {
	var log bytes.Buffer
	s, addr := start(t, startUpstream(t), func(s *Server) { s.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	c := dial(t, "tcp", addr)
	c.ask("PING", "+PONG\r\n")
	c.send("GARBAGE\r\nPING\r\n")
	c.expectEnd("?") // up to the byte that shows it
	endedBy(t, s, UpstreamMalformed)
	if want := `level=WARN msg="the cache does not speak RESP"`; strings.Count(log.String(), want) != 1 {
		t.Errorf("log %q, want %q", &log, want)
	}
}

// A cache that cannot be reached is an error to the client's first command, never a connection without authentication.
func TestUnreachable(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*upstream, *Server)
		reason Reason
		want   string
	}{
		"nobody listens": {func(u *upstream, _ *Server) { u.ln.Close() }, Unreachable, "connection refused"},
		"no token": {func(_ *upstream, s *Server) { s.Dialer.Source = source{errNoCredentials} }, NoCredentials,
			"credentials unavailable: none found -anywhere"},
		"token refused": {func(u *upstream, _ *Server) { u.refuse = "WRONGPASS no" }, Refused, "refused by the cache: WRONGPASS no"},
	} {
		t.Run(name, func(t *testing.T) {
			u := startUpstream(t)
			var log bytes.Buffer
			s, addr := start(t, u, func(s *Server) {
				tt.change(u, s)
				s.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
			c := dial(t, "tcp", addr)
			c.send("PING\r\nPING\r\n")
			got, err := io.ReadAll(c.replies)
			text := string(got)
			if err != nil || !strings.HasPrefix(text, "-ERR valetkey: ") || !strings.Contains(text, tt.want) || strings.Count(text, "\r\n") != 1 {
				t.Errorf("the client got %q (%v), want one error with %q", text, err, tt.want)
			}
			endedBy(t, s, tt.reason)
			if !strings.Contains(log.String(), "cannot reach the cache") || strings.Contains(u.requests(), "PING") {
				t.Errorf("log %q; the upstream got %q", &log, u.requests())
			}
			if st := s.Status(); st.Ready || !st.LastAuth.IsZero() {
				t.Errorf("status %+v: want it not ready", st)
			}
		})
	}
}

// A connection that the upstream ends, ends.
func TestUpstreamEnds(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, nil)
	c := dial(t, "tcp", addr)
	c.ask("PING", "+PONG\r\n")
	u.cut()
	c.expectEnd("")
	endedBy(t, s, UpstreamLost)
}

// A client that sends its requests and closes its half, as nc does, gets its replies.
func TestHalfClose(t *testing.T) {
	s, addr := start(t, startUpstream(t), nil)
	c := dial(t, "tcp", addr)
	c.send("PING\r\nECHO a\r\n")
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.expectEnd("+PONG\r\n$1\r\na\r\n")
	endedBy(t, s, Left)
}

// A client that leaves while a command blocks takes the command with it, as with a server.
func TestClientLeavesBlocked(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, nil)
	c := dial(t, "tcp", addr)
	c.send("HOLD\r\n")
	<-u.holding
	c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	close(u.hold)
}

func TestOnlyLoopbackWithoutPassword(t *testing.T) {
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: "127.0.0.1:1", Dialer: valetkey.Dialer{Source: source{}}}
	if err := s.Serve(t.Context(), ln); !errors.Is(err, ErrOpen) {
		t.Errorf("Serve on %s: %v, want ErrOpen", ln.Addr(), err)
	}
	if _, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ln.Addr().(*net.TCPAddr).Port)); err == nil {
		t.Error("the listener that was refused is still open")
	}
	s.Close()
	for addr, want := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil || Private(a) != want {
			t.Errorf("Private(%s) is not %v", addr, want)
		}
	}
}

func TestServeRefusesWhatCannotWork(t *testing.T) {
	for name, s := range map[string]*Server{
		"no address": {Dialer: valetkey.Dialer{Source: source{}}},
		"no source":  {Addr: "127.0.0.1:1"},
	} {
		ln, err := Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(t.Context(), ln); err == nil {
			t.Errorf("%s: Serve returned nil", name)
		}
	}
}

// No goroutine is left behind by clients that come, go, are refused and are broken off.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("clients", func(t *testing.T) {
		u := startUpstream(t)
		s, addr := start(t, u, nil)
		for i := range 20 {
			c := dial(t, "tcp", addr)
			switch i % 4 {
			case 0:
				c.ask("PING", "+PONG\r\n")
			case 1:
				c.Close()
			case 2:
				c.send("*x\r\n")
				c.expectEnd("-ERR Protocol error: invalid multibulk length\r\n")
			}
		}
		s.Close()
	})
	for limit := time.Now().Add(patience); runtime.NumGoroutine() > before+2; runtime.Gosched() {
		if time.Now().After(limit) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}
