package e2e

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
)

// inBubble runs a test in fake time with a server in memory, without TLS, so that what is on the wire can be held up and cut.
func inBubble(t *testing.T, test func(*testing.T, *emulator.Server, *valetkey.Dialer, *journal)) {
	synctest.Test(t, func(t *testing.T) {
		srv := emulator.New(t, emulator.InMemory, func(c *emulator.Config) { c.NoTLS = true })
		seen := &journal{}
		d := &valetkey.Dialer{Source: srv.Source(), Plaintext: true, DialFunc: srv.Dial, Observer: seen}
		test(t, srv, d, seen)
		d.Close()
		srv.Close()
	})
}

// renewing starts a renewal that takes five seconds to be answered and returns once it is on its way.
func renewing(srv *emulator.Server, d *valetkey.Dialer) (done <-chan error) {
	srv.SetAuthDelay(5 * time.Second)
	ended := make(chan error, 1)
	go func() { ended <- d.Renew(context.Background()) }()
	synctest.Wait()
	return ended
}

// renewSoon is Renew within a minute.
func renewSoon(t *testing.T, d *valetkey.Dialer) error {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return d.Renew(ctx)
}

func TestWriteDeadlineWhileHeld(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		c := newPlainClient(t, d)
		done := renewing(srv, d)
		start := time.Now()
		c.SetWriteDeadline(start.Add(time.Second))
		n, err := c.Write([]byte("PING\r\n"))
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("wrote %d, %v after %v, want the deadline after 1 s", n, err, time.Since(start))
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n, err := c.Write([]byte("PING\r\n")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("behind the deadline: wrote %d, %v", n, err)
		}
		c.SetWriteDeadline(time.Time{})
		if err := c.ask("+PONG\r\n", "PING"); err != nil {
			t.Error(err)
		}
		if err := renewSoon(t, d); err != nil {
			t.Errorf("after a write that its deadline prevented: %v", err)
		}
	})
}

func TestReadDeadlineWhileRenewing(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		c := newPlainClient(t, d)
		done := renewing(srv, d)
		start := time.Now()
		c.SetReadDeadline(start.Add(time.Second))
		time.AfterFunc(500*time.Millisecond, func() { c.SetReadDeadline(start.Add(2 * time.Second)) })
		if n, err := c.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("read %d, %v after %v, want the moved deadline after 2 s", n, err, time.Since(start))
		}
		c.SetReadDeadline(start.Add(10 * time.Second))
		if err := c.ask("+PONG\r\n", "PING"); err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v, want the reply after 5 s", err, time.Since(start))
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := c.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v, want the client's own deadline to stand", err, time.Since(start))
		}
	})
}

// A drip lets replies through byte by byte.
type drip struct{ net.Conn }

func (d drip) Read(p []byte) (int, error) { return d.Conn.Read(p[:min(len(p), 1)]) }

func TestAuthReplyInPieces(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		d.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := srv.Dial(ctx, network, addr)
			return drip{c}, err
		}
		c := newPlainClient(t, d)
		for range 10 {
			if err := errors.Join(d.Renew(t.Context()), c.ask("+PONG\r\n", "PING")); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A linger takes two hours to return from a write of a BLPOP.
type linger struct{ net.Conn }

func (l linger) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "BLPOP") {
		defer time.Sleep(2 * time.Hour)
	}
	return l.Conn.Write(p)
}

// A renewal that falls due while a write is under way is made up for when it returns, although the connection is silent from then on.
func TestTurnMissedWhileWriting(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		d.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := srv.Dial(ctx, network, addr)
			return linger{c}, err
		}
		c := newPlainClient(t, d)
		time.Sleep(5 * time.Hour)
		answered := make(chan error, 1)
		go func() { answered <- c.expect("*-1\r\n") }()
		if err := errors.Join(c.send("BLPOP", "empty", "5400"), <-answered); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := d.Stats().Renewed; n != 1 {
			t.Errorf("%d renewals seven hours on", n)
		}
	})
}

func TestAuthNeverAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, seen *journal) {
		c := newPlainClient(t, d)
		srv.SetAuthDelay(time.Hour)
		start := time.Now()
		if err := d.Renew(t.Context()); err != nil {
			t.Errorf("Renew: %v; a connection that is closed needs none", err)
		}
		if _, err := c.read(); err != io.EOF || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v, want the end after 10 s", err, time.Since(start))
		}
		synctest.Wait()
		if got := seen.of(valetkey.Failed); len(got) != 1 || d.Stats().Open != 0 {
			t.Errorf("failed %q, %d open", got, d.Stats().Open)
		}
	})
}

// What was answered before the server hung up reaches the client, although the renewal read it.
func TestServerClosesDuringRenewal(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		for range 20 {
			srv.SetAuthDelay(0)
			c := newPlainClient(t, d)
			if err := c.send("PING"); err != nil {
				t.Fatal(err)
			}
			done := renewing(srv, d)
			held := make(chan error, 1)
			go func() { held <- c.send("PING") }() // has the replies read, and is held back then
			synctest.Wait()
			srv.CutAll()
			if err := <-held; !errors.Is(err, syscall.EPIPE) {
				t.Fatalf("the held write: %v", err)
			}
			<-done
			if got, err := c.read(); got != "+PONG\r\n" {
				t.Fatalf("read %q, %v, want the reply that came before the end", got, err)
			}
			if _, err := c.read(); err != io.EOF {
				t.Fatalf("%v, want EOF", err)
			}
			c.Close()
		}
	})
}

func TestCloseDuringRenewal(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, seen *journal) {
		c := newPlainClient(t, d)
		done := renewing(srv, d)
		held := make(chan error, 1)
		go func() { held <- c.send("PING") }()
		synctest.Wait()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := <-held; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the held write: %v", err)
		}
		<-done
		synctest.Wait()
		if got := seen.of(valetkey.Failed); len(got) != 0 {
			t.Errorf("failed %q, but the client closed it", got)
		}
	})
}

// A refused renewal leaves the session as it is, and is tried again and again, less and less often.
func TestRenewalsRefused(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{"unavailable": emulator.IAMUnavailable, "throttled": emulator.IAMThrottled} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, seen *journal) {
				c := newPlainClient(t, d)
				srv.SetFault(fault)
				for start := time.Now(); time.Since(start) < 20*time.Hour; time.Sleep(time.Minute) {
					if time.Since(start) == 9*time.Hour {
						srv.SetFault(emulator.NoFault)
					}
					if err := c.ask("+PONG\r\n", "PING"); err != nil {
						t.Fatalf("after %v: %v", time.Since(start), err)
					}
				}
				if n := len(seen.of(valetkey.Failed)); n < 10 || n > 40 {
					t.Errorf("%d attempts failed in some three hours", n)
				}
				if s := d.Stats(); s.Renewed < 2 || s.Cut+s.Replaced != 0 || !strings.Contains(seen.of(valetkey.Failed)[0], "IAM") {
					t.Errorf("%+v, failed %q", s, seen.of(valetkey.Failed)[0])
				}
			})
		})
	}
}

// RESET drops the authentication. The next command finds it restored, in a pipeline too.
func TestResetAuthenticatesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		c := newPlainClient(t, d)
		for range 3 {
			c.Write([]byte("PING\r\nRESET\r\nACL WHOAMI\r\nRESET\r\nRESET\r\nACL WHOAMI\r\n"))
			for _, want := range []string{"+PONG\r\n", "+RESET\r\n", "$3\r\napp\r\n", "+RESET\r\n", "+RESET\r\n", "$3\r\napp\r\n"} {
				if err := c.expect(want); err != nil {
					t.Fatal(err)
				}
			}
		}
		srv.SetFault(emulator.IAMUnavailable)
		if err := c.send("RESET"); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a RESET that could not be followed by an authentication: %v", err)
		}
		if _, err := c.read(); err != nil {
			t.Errorf("the answer to RESET: %v", err)
		}
		if _, err := c.read(); err != io.EOF {
			t.Errorf("%v, want the end of a connection that could not be authenticated", err)
		}
	})
}

// Nothing is sent while a command is half written.
func TestHalfWrittenCommand(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		c := newPlainClient(t, d)
		set := resp.AppendCommand(nil, "SET", "k", string(make([]byte, 100_000)))
		c.Write(set[:50_000])
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := d.Renew(ctx); err == nil || !strings.Contains(err.Error(), "half") {
			t.Errorf("Renew: %v, want an error that says half", err)
		}
		c.Write(append(set[50_000:], "*1\r\n$4\r\nPI"...)) // and the next is half written when the first is answered
		if err := c.expect("+OK\r\n"); err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("NG\r\n"))
		if err := errors.Join(c.expect("+PONG\r\n"), c.ask("+PONG\r\n", "PING")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := srv.Stats().Reauths; n != 1 {
			t.Errorf("%d renewals, want the one that waited", n)
		}
	})
}

// A write that has sent all it was given returns, although the renewal that is due behind it has to wait for the reply.
func TestWriteDoesNotWaitForReplies(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		c, other := newPlainClient(t, d), newPlainClient(t, d)
		c.Write([]byte("*3\r\n$5\r\nBLPOP\r\n$5\r\nqueue\r\n"))
		renewed := make(chan error, 1)
		go func() { renewed <- d.Renew(context.Background()) }()
		synctest.Wait()
		start := time.Now()
		if n, err := c.Write([]byte("$1\r\n0\r\n")); n != 7 || err != nil || time.Since(start) != 0 {
			t.Errorf("wrote %d, %v after %v", n, err, time.Since(start))
		}
		time.Sleep(5 * time.Second)
		if err := other.ask(":1\r\n", "RPUSH", "queue", "job"); err != nil {
			t.Fatal(err)
		}
		if got, err := c.read(); got != "*2\r\n$5\r\nqueue\r\n$3\r\njob\r\n" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		if err := errors.Join(<-renewed, c.ask("+PONG\r\n", "PING")); err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v, want a renewal behind the reply", err, time.Since(start))
		}
	})
}

// A subscriber that does not read is renewed, and has its messages waiting.
func TestRenewalOfWhoDoesNotRead(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		c, other := newPlainClient(t, d), newPlainClient(t, d)
		c.Write([]byte("HELLO 3\r\nSUBSCRIBE news\r\n"))
		c.read()
		c.read()
		text := strings.Repeat("x", 64<<10)
		const messages = 40
		for range messages {
			if err := other.ask(":1\r\n", "PUBLISH", "news", text); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range messages {
			if got, err := c.read(); err != nil || !strings.HasPrefix(got, ">3\r\n$7\r\nmessage\r\n") {
				t.Fatalf("%.60q, %v", got, err)
			}
		}
	})
}
