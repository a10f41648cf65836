package emulator_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/verify"
)

type (
	emulatorConfig = emulator.Config
	emulatorKey    = verify.Key
)

// A wire is a client that hides nothing: it sends commands and shows raw replies.
type wire struct {
	testing.TB
	net.Conn
	in *resp.ReplyReader
}

func newWire(t testing.TB, c net.Conn, err error) *wire {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &wire{TB: t, Conn: c, in: resp.NewReplyReader(c)}
}

// dial connects as a client does: over TLS unless the server has none, over a socket unless it is in memory.
func dial(t testing.TB, s *emulator.Server) *wire {
	t.Helper()
	network := s.Dial
	if !s.InMemory {
		network = (&net.Dialer{}).DialContext
	}
	c, err := network(context.Background(), "tcp", s.Addr())
	if conf := s.ClientTLS(); conf != nil && err == nil {
		c = tls.Client(c, conf)
	}
	return newWire(t, c, err)
}

// send writes one command.
func (w *wire) send(args ...string) {
	w.Helper()
	w.raw(string(resp.AppendCommand(nil, args...)))
}

func (w *wire) raw(s string) {
	w.Helper()
	if _, err := w.Write([]byte(s)); err != nil {
		w.Fatalf("writing %q: %v", s, err)
	}
}

// next reads one reply or push as it is on the wire.
func (w *wire) next() string {
	w.Helper()
	r, err := w.in.Next()
	if err != nil {
		w.Fatalf("reading a reply: %v", err)
	}
	return string(r.Raw)
}

func (w *wire) do(args ...string) string {
	w.Helper()
	w.send(args...)
	return w.next()
}

// want sends a command and fails unless the reply starts like that.
func (w *wire) want(prefix string, args ...string) {
	w.Helper()
	if got := w.do(args...); !strings.HasPrefix(got, prefix) {
		w.Fatalf("%s: got %q, want %q…", args[0], got, prefix)
	}
}

// wantNext fails unless the next frame starts like that.
func (w *wire) wantNext(prefix string) {
	w.Helper()
	if got := w.next(); !strings.HasPrefix(got, prefix) {
		w.Fatalf("got %q, want %q…", got, prefix)
	}
}

// ended fails unless the server has closed the connection.
func (w *wire) ended() {
	w.Helper()
	if r, err := w.in.Next(); err == nil {
		w.Fatalf("got %q on a connection that should be closed", r.Raw)
	}
}

// token signs a fresh token for the server's own user.
func token(t testing.TB, s *emulator.Server) string {
	t.Helper()
	tok, err := s.Source().Token(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tok.Secret()
}

// login dials and authenticates.
func login(t testing.TB, s *emulator.Server) *wire {
	t.Helper()
	w := dial(t, s)
	w.want("+OK", "AUTH", "app", token(t, s))
	return w
}

// lastRefusal is what the server refused last.
func lastRefusal(t testing.TB, s *emulator.Server) emulator.Event {
	t.Helper()
	all := s.Refusals()
	if len(all) == 0 {
		t.Fatal("nothing was refused")
	}
	return all[len(all)-1]
}

// quiet is the option for a test that provokes refusals by the dozen.
func quiet(c *emulatorConfig) { c.Logger = slog.New(slog.DiscardHandler) }

func debugLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// dialWith connects over a socket with that TLS configuration.
func dialWith(t testing.TB, s *emulator.Server, conf *tls.Config) *wire {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err == nil {
		c = tls.Client(c, conf)
	}
	return newWire(t, c, err)
}

func handshake(t testing.TB, s *emulator.Server, conf *tls.Config) error {
	t.Helper()
	return dialWith(t, s, conf).Conn.(*tls.Conn).Handshake()
}
