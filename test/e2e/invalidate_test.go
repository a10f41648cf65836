package e2e

import (
	"net"
	"strings"
	"testing"

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
