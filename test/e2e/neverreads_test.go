package e2e

import (
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
)

const (
	// atMost is what a Conn takes off the network for a client that does not read, while it looks for a quiet moment, and
	// mostOfAll while something cannot wait. Each is exceeded by one read at most.
	atMost, mostOfAll = 1<<20 + 4096, 64<<20 + 4096

	bulk = 256 << 10
)

// A meter counts what is read.
type meter struct {
	net.Conn
	read *atomic.Int64
}

func (m meter) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.read.Add(int64(n))
	return n, err
}

// neverReading has a client ask for a value so often and read no reply, and passes what the connection has read.
func neverReading(t *testing.T, asked int, test func(d *valetkey.Dialer, c *plainClient, read *atomic.Int64, wrote <-chan error)) {
	inBubble(t, func(t *testing.T, srv *emulator.Server, d *valetkey.Dialer, _ *journal) {
		read := &atomic.Int64{}
		d.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := srv.Dial(ctx, network, addr)
			return meter{c, read}, err
		}
		c := newPlainClient(t, d)
		if err := c.ask("+OK\r\n", "SET", "big", strings.Repeat("x", bulk)); err != nil {
			t.Fatal(err)
		}
		read.Store(0)
		wrote := make(chan error, 1)
		go func() {
			var err error
			for n := 0; n < asked && err == nil; n++ {
				err = c.send("GET", "big")
			}
			wrote <- err
		}()
		test(d, c, read, wrote)
		c.Close()
	})
}

// A client that reads nothing for hours costs a bounded amount of memory, however many attempts to renew there are, and back-pressure reaches the
// server, as without us. When it reads at last it has every reply, and the connection is renewed.
func TestWhoDoesNotReadForHours(t *testing.T) {
	const asked = 40
	neverReading(t, asked, func(d *valetkey.Dialer, c *plainClient, read *atomic.Int64, wrote <-chan error) {
		synctest.Wait()
		if n := read.Load(); n != 0 {
			t.Errorf("%d bytes were read for nobody, before anything was due", n)
		}
		time.Sleep(11 * time.Hour)
		const pings = 40
		for range pings { // each finds that it is time, and has replies waited for
			if err := c.send("PING"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		if n := read.Load(); n == 0 || n > atMost {
			t.Errorf("%d bytes were read in the search of a quiet moment, want some and at most %d", n, atMost)
		}
		if s := d.Stats(); s.Renewed != 0 {
			t.Errorf("%+v", s)
		}
		for range asked {
			if got, err := c.read(); err != nil || len(got) != len(resp.AppendBulk(nil, strings.Repeat("x", bulk))) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
		}
		for range pings {
			if err := c.expect("+PONG\r\n"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := <-wrote; err != nil || d.Stats().Renewed != 1 {
			t.Errorf("%v, %+v", err, d.Stats())
		}
	})
}

// One that never reads is hung up on before the server does it. What had been read for it is still there.
func TestWhoNeverReads(t *testing.T) {
	neverReading(t, 40, func(d *valetkey.Dialer, c *plainClient, read *atomic.Int64, wrote <-chan error) {
		time.Sleep(12 * time.Hour)
		synctest.Wait()
		if s := d.Stats(); s.Replaced != 1 || s.Cut != 0 || s.Open != 0 {
			t.Errorf("%+v", s)
		}
		n, err := io.Copy(io.Discard, c)
		if err != nil || n != read.Load() || n > atMost {
			t.Errorf("%d bytes, %v; %d had been read", n, err, read.Load())
		}
		<-wrote
	})
}

// A subscription on RESP2 cannot wait: the protocol must be switched before it. Then more is read for a client, up to a limit, and beyond that the
// connection is closed, rather than that memory is given to whoever asks for it.
func TestWhoDoesNotReadAndSubscribes(t *testing.T) {
	for name, test := range map[string]struct {
		asked int
		ends  bool
	}{
		"some": {asked: 100},
		"more": {asked: mostOfAll/bulk + 50, ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			neverReading(t, test.asked, func(d *valetkey.Dialer, c *plainClient, read *atomic.Int64, wrote <-chan error) {
				if err := <-wrote; err != nil {
					t.Fatal(err)
				}
				err := c.send("SUBSCRIBE", "news")
				synctest.Wait()
				if n := read.Load(); n > mostOfAll || (err != nil) != test.ends || (d.Stats().Open == 0) != test.ends {
					t.Errorf("%v after %d bytes; %+v", err, n, d.Stats())
				}
				for n := 0; n < test.asked && !test.ends; n++ {
					if got, err := c.read(); err != nil || !strings.HasPrefix(got, "$262144\r\n") {
						t.Fatalf("%.20q, %v", got, err)
					}
				}
				if !test.ends {
					if err := c.expect("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}
