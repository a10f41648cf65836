package proxy

import (
	"net"
	"runtime"
	"testing"
)

// Connections at rest have no goroutine. Each goes on when either side sends, and all end with the server.
func TestRestNeedsNoGoroutine(t *testing.T) {
	const n = 50
	u := startUpstream(t)
	s, addr := start(t, u, func(s *Server) { sleepless(s); s.Dialer.DialFunc = (&net.Dialer{}).DialContext })
	var all []*conversation
	for range n {
		c := dial(t, "tcp", addr)
		c.ask("PING", "+PONG\r\n")
		all = append(all, c)
	}
	awake := runtime.NumGoroutine()
	allToRest(s)
	goroutinesFallTo(t, awake-2*n+1) // that of the watch of all
	for _, c := range all {
		c.ask("PING", "+PONG\r\n")
	}
	if got := runtime.NumGoroutine(); got < awake-n {
		t.Errorf("%d goroutines while the connections work, %d before they rested", got, awake)
	}
	allToRest(s)
	goroutinesFallTo(t, awake-2*n+1) // that of the watch of all
	u.cut()                          // the other side
	for _, c := range all {
		c.expectEnd("")
	}
	s.Close()
	if got := s.Stats().Ended[UpstreamLost]; got != n {
		t.Errorf("%d connections of %d ended with the cache's", got, n)
	}
}

func allToRest(s *Server) {
	for range 2 { // the first notes that something has gone by
		for _, c := range s.all() {
			c.rest()
		}
	}
}

func goroutinesFallTo(t *testing.T, most int) {
	t.Helper()
	eventually(t, "fewer goroutines", func() bool { return runtime.NumGoroutine() <= most })
}

// A connection at rest ends when the server is closed.
func TestCloseWakesWhatRests(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, func(s *Server) { sleepless(s); s.Dialer.DialFunc = (&net.Dialer{}).DialContext })
	c := dial(t, "tcp", addr)
	c.ask("PING", "+PONG\r\n")
	awake := runtime.NumGoroutine()
	allToRest(s)
	goroutinesFallTo(t, awake-2+1)
	s.Close()
	c.expectEnd("")
	endedBy(t, s, Severed)
}
