package parked

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// watched watches a connection, and returns what is told when it is woken.
func watched(t *testing.T, c *Conn) <-chan struct{} {
	t.Helper()
	woken := make(chan struct{}, 2) // one too many would be seen
	if !c.Watch(func() { woken <- struct{}{} }) {
		t.Fatal("the connection is not watched")
	}
	return woken
}

// arrives waits for whatever is told, and no longer than a test may take.
func arrives(t *testing.T, woken <-chan struct{}) {
	t.Helper()
	select {
	case <-woken:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was woken")
	}
}

// One who watches is woken by all that ends Park, once.
func TestWatch(t *testing.T) {
	for name, event := range map[string]func(near *Conn, far net.Conn){
		"something to read": func(_ *Conn, far net.Conn) { far.Write([]byte("x")) },
		"the other's end":   func(_ *Conn, far net.Conn) { far.Close() },
		"a deadline":        func(near *Conn, _ net.Conn) { near.SetReadDeadline(time.Now()) },
		"both deadlines":    func(near *Conn, _ net.Conn) { near.SetDeadline(time.Now()) },
		"its own end":       func(near *Conn, _ net.Conn) { near.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			woken := watched(t, near)
			if len(woken) > 0 {
				t.Fatal("it was woken for nothing")
			}
			event(near, far)
			arrives(t, woken)
			near.Close()
			if len(woken) > 0 {
				t.Error("it was woken twice")
			}
		})
	}
}

// What came before the watch began is not missed, and a connection can be watched again and again, with a Park in between.
func TestWatchAgain(t *testing.T) {
	near, far := pair(t)
	for range 100 {
		far.Write([]byte("x"))
		if err := near.Park(); err != nil {
			t.Fatal(err)
		}
		arrives(t, watched(t, near))
		if _, err := io.ReadFull(near, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

// A watch of a connection that is closed, or has no descriptor, is refused.
func TestWatchRefuses(t *testing.T) {
	near, _ := pair(t)
	near.Close()
	piped, _ := net.Pipe()
	for _, c := range []*Conn{near, New(piped)} {
		if c.Watch(func() { t.Error("woken") }) {
			t.Errorf("%v is watched", c.RemoteAddr())
		}
	}
}

// A thousand watched connections have one goroutine together, and closing all wakes each.
func TestWatchThousand(t *testing.T) {
	near, _ := pair(t)
	watched(t, near) // the watcher itself is there from now on
	before := runtime.NumGoroutine()
	var all []<-chan struct{}
	var conns []*Conn
	for range 500 {
		near, far := pair(t)
		other := New(far)
		conns = append(conns, near, other)
		all = append(all, watched(t, near), watched(t, other))
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines more", n-before)
	}
	for _, c := range conns {
		c.Close()
	}
	for _, woken := range all {
		arrives(t, woken)
	}
}
