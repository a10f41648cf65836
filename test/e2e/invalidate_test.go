package e2e

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

// A RESP2 client that another's invalidations are redirected to is carried on RESP3, which has a push of its own for them, and must see
// RESP2's messages.
func TestRedirectedInvalidations(t *testing.T) {
	v := checkerServer(t)
	tracker := newController(t, v)
	plain, err := net.Dial("tcp", v.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	d := plainDialer(0, 0)
	views := map[string]string{}
	for name, c := range map[string]*plainClient{"plain": {Conn: plain, replies: resp.NewReplyReader(plain)}, "through": dialPlain(t, d, v)} {
		if err := c.ask("+OK\r\n", "AUTH", "app", "secret"); err != nil {
			t.Fatal(err)
		}
		c.send("CLIENT", "ID")
		id, _ := c.read()
		c.send("SUBSCRIBE", "__redis__:invalidate")
		views[name], _ = c.read()
		key := "a key whose name is rather long, so that the message does not fit the first look at it"
		for _, args := range [][]string{
			{"CLIENT", "TRACKING", "ON", "REDIRECT", strings.Trim(id, ":\r\n")}, {"SET", key, "1"}, {"GET", key}, {"SET", key, "2"}, {"GET", key}, {"FLUSHALL"},
		} {
			if err := tracker.run(args...); err != nil {
				t.Fatal(args, err)
			}
		}
		if err := d.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			m, err := c.read()
			if err != nil {
				t.Fatal(err)
			}
			views[name] += m
		}
		if err := tracker.run("CLIENT", "TRACKING", "OFF"); err != nil {
			t.Fatal(err)
		}
	}
	if views["through"] != views["plain"] || !strings.Contains(views["plain"], "__redis__:invalidate\r\n*1\r\n") {
		t.Errorf("plain   %q\nthrough %q", views["plain"], views["through"])
	}
}

// A listener is sent invalidations, and pings meanwhile.
type listener struct {
	*plainClient
	named []string // the keys that it was told of
	pongs int
}

// listen reads until it has been told of so many keys, and checks that each ping is answered in its turn.
func (l *listener) listen(keys int) error {
	for len(l.named) < keys {
		got, err := l.read()
		if err != nil {
			return err
		}
		if strings.Contains(got, "invalidate\r\n*1\r\n") {
			words := strings.Fields(got)
			l.named = append(l.named, words[len(words)-1])
			continue
		}
		if want := fmt.Sprintf("ping-%d\r\n", l.pongs); !strings.HasSuffix(got, want) {
			return fmt.Errorf("%q, want %q at the end", got, want)
		}
		l.pongs++
	}
	return nil
}

// CLIENT TRACKING with BCAST, on RESP3 for itself and redirected to a RESP2 subscriber: no invalidation is lost, none comes twice, and
// none is taken for a reply, while the connection renews itself every few milliseconds.
func TestBroadcastInvalidations(t *testing.T) {
	v := checkerServer(t)
	writer, tracker := newController(t, v), newController(t, v)
	for name, track := range map[string]func(*plainClient) error{
		"RESP3": func(c *plainClient) error {
			c.send("HELLO", "3")
			_, err := c.read()
			return errors.Join(err, c.ask("+OK\r\n", "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "b:"))
		},
		"RESP2, redirected": func(c *plainClient) error {
			c.send("CLIENT", "ID")
			id, err := c.read()
			c.send("SUBSCRIBE", "__redis__:invalidate")
			_, also := c.read()
			return errors.Join(err, also, tracker.run("CLIENT", "TRACKING", "ON", "REDIRECT", strings.Trim(id, ":\r\n"), "BCAST", "PREFIX", "b:"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := plainDialer(2*time.Millisecond, 20*time.Millisecond)
			defer d.Close()
			l := &listener{plainClient: dialPlain(t, d, v)}
			l.SetDeadline(time.Now().Add(checkerPatience))
			if err := track(l.plainClient); err != nil {
				t.Fatal(err)
			}
			const keys = 4000
			heard := make(chan error, 1)
			go func() { heard <- l.listen(keys) }()
			for n := range keys {
				if err := writer.run("SET", fmt.Sprintf("b:%d", n), "x"); err != nil {
					t.Fatal(err)
				}
				if err := l.send("PING", fmt.Sprintf("ping-%d", n)); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-heard; err != nil {
				t.Fatal(err)
			}
			for n, key := range l.named {
				if key != fmt.Sprintf("b:%d", n) {
					t.Fatalf("invalidation %d is of %s", n, key)
				}
			}
			s := d.Stats()
			t.Logf("%d invalidations, %d pings answered, renewed %d times", len(l.named), l.pongs, s.Renewed)
			if s.Renewed < 20 || s.Failed+s.Replaced != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}
