package valetkey

import (
	"net"
	"runtime"
	"strings"
	"testing"
)

// Connections that have worked and now wait cost no goroutine and less than 1 KiB each beside the connections below them. There are so many that what
// else the process keeps, which is some ten KiB more or less from run to run, weighs little.
func TestIdleConnsAreCheap(t *testing.T) {
	const n = 8000
	goroutines, bytes := footprint()
	conns := make([]net.Conn, 0, n)
	for range n {
		conns = append(conns, &canned{})
	}
	plainGoroutines, plainBytes := grown(goroutines, bytes)
	runtime.KeepAlive(conns)

	conns = conns[:0]
	d := cannedDialer(nil)
	worked(t, d).Close()
	goroutines, bytes = footprint()
	for range n {
		conns = append(conns, worked(t, d))
	}
	connGoroutines, connBytes := grown(goroutines, bytes)

	extra := (connBytes - plainBytes) / n
	t.Logf("%d connections: %d goroutines and %d bytes each beside plain ones", n, connGoroutines-plainGoroutines, extra)
	if connGoroutines != plainGoroutines || extra >= 1024 {
		t.Errorf("want no goroutine and less than 1024 bytes")
	}
	d.Close()
}

// worked dials a connection, uses it as a client does (HELLO, a SET and a GET) and has it renew itself.
func worked(t *testing.T, d *Dialer) net.Conn {
	raw := &canned{reply: "+OK\r\n"}
	d.DialFunc = cannedDialer(raw).DialFunc
	c, err := d.DialContext(t.Context(), "tcp", "cache:6379")
	if err != nil {
		t.Fatal(err)
	}
	value := strings.Repeat("x", 1024)
	for _, e := range [][2]string{
		{"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", "%1\r\n$5\r\nproto\r\n:3\r\n"},
		{"*3\r\n$3\r\nSET\r\n$8\r\nkey:1234\r\n$1024\r\n" + value + "\r\n", "+OK\r\n"},
		{"*2\r\n$3\r\nGET\r\n$8\r\nkey:1234\r\n", "$1024\r\n" + value + "\r\n"},
	} {
		raw.reply = e[1]
		converse(t, c, []byte(e[0]), make([]byte, len(e[1])))
	}
	raw.reply = "+OK\r\n"
	_, renewed := c.(*Conn).outcomes()
	c.(*Conn).want(true)
	<-renewed
	*raw = canned{} // nothing of what was said stays with it
	return c
}

// footprint is what the process holds, the stacks of its goroutines left out. It collects twice, for what finalizers and pools still
// hold after the first.
func footprint() (goroutines, bytes int) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), int(m.HeapAlloc)
}

// grown is how much more the process holds than it did.
func grown(goroutines, bytes int) (more, moreBytes int) {
	g, b := footprint()
	return g - goroutines, b - bytes
}
