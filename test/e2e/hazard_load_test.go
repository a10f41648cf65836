package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/resp"
)

// plainDialer dials a real server in the clear.
func plainDialer(after, by time.Duration) *valetkey.Dialer {
	return &valetkey.Dialer{Source: fixedSource{valetkey.NewToken("app", "secret", time.Time{})}, Plaintext: true, RenewAfter: after, RenewBy: by}
}

func dialPlain(t *testing.T, d *valetkey.Dialer, v *valkeyServer) *plainClient {
	t.Helper()
	c, err := d.DialContext(t.Context(), "tcp", v.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &plainClient{Conn: c, replies: resp.NewReplyReader(c)}
}

// Renew reaches every connection although all are in use, and also those that fall silent just when it comes by.
func TestRenewUnderLoad(t *testing.T) {
	v := checkerServer(t)
	d := plainDialer(0, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		c := dialPlain(t, d, v)
		got := make(chan error, 1)
		wg.Go(func() {
			for n := 0; ctx.Err() == nil && errs[i] == nil; n++ {
				go func() { got <- c.expect("+PONG\r\n") }() // reads while it writes
				errs[i] = errors.Join(c.send("PING"), <-got)
				if n%20 == 0 {
					pause(ctx, 10*time.Millisecond)
				}
			}
		})
	}
	rounds := 0
	for ; ctx.Err() == nil; rounds++ {
		once, stop := context.WithTimeout(t.Context(), 20*time.Second)
		if err := d.Renew(once); err != nil {
			t.Errorf("round %d: %v", rounds, err)
		}
		stop()
	}
	wg.Wait()
	s := d.Stats()
	t.Logf("%d rounds, %d renewals", rounds, s.Renewed)
	if err := errors.Join(errs...); err != nil || s.Renewed < int64(rounds*len(errs)) || s.Open != len(errs) {
		t.Errorf("%v; %+v in %d rounds", err, s, rounds)
	}
}

// A client that always has fifty commands outstanding leaves no quiet moment. One is made, and costs it little.
func TestNeverQuiet(t *testing.T) {
	v := checkerServer(t)
	d := plainDialer(20*time.Millisecond, 25*time.Millisecond)
	c := dialPlain(t, d, v)
	c.SetDeadline(time.Now().Add(30 * time.Second))
	const depth, commands = 50, 60_000
	window := make(chan struct{}, depth)
	wrote := make(chan error, 1)
	var longest time.Duration
	go func() {
		var err error
		for n := 0; n < commands && err == nil; n++ {
			window <- struct{}{}
			start := time.Now()
			err = c.send("ECHO", fmt.Sprint(n))
			longest = max(longest, time.Since(start))
		}
		wrote <- err
	}()
	for n := range commands {
		text := fmt.Sprint(n)
		if err := c.expect(fmt.Sprintf("$%d\r\n%s\r\n", len(text), text)); err != nil {
			t.Fatal(err)
		}
		<-window
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d renewals, the longest write took %v", d.Stats().Renewed, longest)
	if d.Stats().Renewed == 0 {
		t.Error("never renewed")
	}
}

// Values of 100 MB pass through in both directions between renewals.
func TestHugeValues(t *testing.T) {
	v := checkerServer(t)
	d := plainDialer(2*time.Millisecond, 4*time.Millisecond)
	c := dialPlain(t, d, v)
	const size = 100 << 20
	w := bufio.NewWriterSize(c, 1<<20)
	fmt.Fprintf(w, "*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$%d\r\n", size)
	line := "*1\r\n$4\r\nEXEC\r\n:1\r\n"
	for range size / len(line) {
		w.WriteString(line)
	}
	w.WriteString(strings.Repeat("x", size%len(line)) + "\r\n*2\r\n$3\r\nGET\r\n$4\r\nhuge\r\nPING\r\n")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReaderSize(c, 1<<20)
	head := make([]byte, len("+OK\r\n$104857600\r\n"))
	if _, err := io.ReadFull(r, head); err != nil || string(head) != "+OK\r\n$104857600\r\n" {
		t.Fatalf("%q, %v", head, err)
	}
	if n, err := io.CopyN(io.Discard, r, size); err != nil {
		t.Fatalf("%v after %d bytes", err, n)
	}
	tail := make([]byte, len("\r\n+PONG\r\n"))
	if _, err := io.ReadFull(r, tail); err != nil || string(tail) != "\r\n+PONG\r\n" {
		t.Fatalf("%q, %v", tail, err)
	}
	if err := d.Renew(t.Context()); err != nil {
		t.Error(err)
	}
}

// Everything at once, for the race detector: the connection ends, and everybody is let go.
func TestConcurrentUse(t *testing.T) {
	v := checkerServer(t)
	d := plainDialer(time.Millisecond, 2*time.Millisecond)
	for range 30 {
		c := dialPlain(t, d, v)
		var wg sync.WaitGroup
		wg.Go(func() {
			for c.send("PING") == nil {
			}
		})
		wg.Go(func() {
			for {
				if _, err := c.read(); err != nil {
					return
				}
			}
		})
		wg.Go(func() {
			for n := time.Duration(1); c.SetDeadline(time.Now().Add(n*time.Minute)) == nil && n < 1000; n++ {
				c.SetReadDeadline(time.Time{})
			}
		})
		for range 5 {
			if err := d.Renew(t.Context()); err != nil && !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		c.Close()
		wg.Wait()
	}
	if n := d.Stats().Open; n != 0 {
		t.Errorf("%d are open", n)
	}
}
