package valetkey

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A canned connection answers every Write with the same reply, at no cost, so that what is left is Conn's own.
type canned struct {
	reply string
	left  string
}

func (c *canned) Write(p []byte) (int, error) { c.left = c.reply; return len(p), nil }
func (c *canned) Read(p []byte) (int, error) {
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}
func (c *canned) Close() error                     { return nil }
func (c *canned) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *canned) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }

// cannedDialer dials raw and nothing else.
func cannedDialer(raw net.Conn) *Dialer {
	return &Dialer{
		Source:    source(func(context.Context) (Token, error) { return NewToken("app", "secret", time.Time{}), nil }),
		Plaintext: true,
		DialFunc:  func(context.Context, string, string) (net.Conn, error) { return raw, nil },
	}
}

// dialCanned makes a Conn whose every Write is answered with reply.
func dialCanned(tb testing.TB, reply string) net.Conn {
	tb.Helper()
	raw := &canned{reply: "+OK\r\n"}
	c, err := cannedDialer(raw).DialContext(context.Background(), "tcp", "cache:6379")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	raw.reply = reply
	return c
}

// conversations are requests with what answers them.
func conversations() map[string][2]string {
	get, set := "*2\r\n$3\r\nGET\r\n$8\r\nkey:1234\r\n", "*3\r\n$3\r\nSET\r\n$8\r\nkey:1234\r\n$3\r\nabc\r\n"
	large := strings.Repeat("x", 64<<10)
	return map[string][2]string{
		"GET":      {get, "$3\r\nabc\r\n"},
		"SET":      {set, "+OK\r\n"},
		"pipeline": {strings.Repeat(set+get, 8), strings.Repeat("+OK\r\n$3\r\nabc\r\n", 8)},
		"64 KiB":   {get, "$65536\r\n" + large + "\r\n"},
	}
}

// converse has a request answered.
func converse(tb testing.TB, c net.Conn, request, buf []byte) {
	if _, err := c.Write(request); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.ReadFull(c, buf); err != nil {
		tb.Fatal(err)
	}
}

func TestConnDoesNotAllocate(t *testing.T) {
	for name, c := range conversations() {
		conn, request, buf := dialCanned(t, c[1]), []byte(c[0]), make([]byte, len(c[1]))
		if n := testing.AllocsPerRun(1000, func() { converse(t, conn, request, buf) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkConn(b *testing.B) {
	for name, c := range conversations() {
		b.Run(name, func(b *testing.B) {
			conn, request, buf := dialCanned(b, c[1]), []byte(c[0]), make([]byte, len(c[1]))
			b.ReportAllocs()
			for b.Loop() {
				converse(b, conn, request, buf)
			}
		})
	}
}
