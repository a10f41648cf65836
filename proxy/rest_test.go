package proxy

import (
	"context"
	"io"
	"net"
	"testing"
)

// sleepless leaves it to the test when connections are put to rest.
func sleepless(s *Server) { s.resting.Do(func() {}) }

// toRest puts the only client's connection to rest.
func toRest(t *testing.T, s *Server) {
	t.Helper()
	all := s.all()
	if len(all) != 1 {
		t.Fatalf("%d clients, want 1", len(all))
	}
	if first := all[0].rest(); first {
		t.Error("a connection on which something went by was put to rest")
	}
	if !all[0].rest() {
		t.Error("a connection on which nothing went by was not put to rest")
	}
	if all[0].rest() {
		t.Error("a connection at rest was put to rest again")
	}
}

// A connection at rest goes on as if nothing had been: with requests, with a reply that was due, to its end and in a drain.
func TestRest(t *testing.T) {
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"in Read": nil, "parked": (&net.Dialer{}).DialContext,
	} {
		t.Run(name, func(t *testing.T) {
			u := startUpstream(t)
			s, addr := start(t, u, func(s *Server) { sleepless(s); s.Dialer.DialFunc = dial })
			checkRest(t, u, s, addr)
		})
	}
}

func checkRest(t *testing.T, u *upstream, s *Server, addr string) {
	c := dial(t, "tcp", addr)
	for range 20 {
		c.ask("ECHO a", "$1\r\na\r\n")
		toRest(t, s)
	}
	c.ask("PING", "+PONG\r\n")
	c.send("HOLD\r\n")
	<-u.holding
	toRest(t, s)
	u.hold <- struct{}{}
	c.expect("+RELEASED\r\n")
	toRest(t, s)
	c.Conn.(*net.TCPConn).CloseWrite()
	c.expectEnd("")
	endedBy(t, s, Left)
}

// A connection that waits for a reply is drained patiently, at rest too.
func TestRestInADrain(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, sleepless)
	c := dial(t, "tcp", addr)
	c.ask("PING", "+PONG\r\n")
	c.send("HOLD\r\n")
	<-u.holding
	toRest(t, s)
	done := shutdown(t, s, patience)
	untilDraining(t, addr)
	u.hold <- struct{}{}
	c.expectEnd("+RELEASED\r\n")
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// The time that a client has to take in its end is not taken for a rest: it is sent away at last, however still it keeps.
func TestFarewellIsNoRest(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, sleepless)
	c := dial(t, "tcp", addr)
	c.ask("PING", "+PONG\r\n")
	u.cut()
	if rest, err := io.ReadAll(c.replies); err != nil || len(rest) > 0 {
		t.Fatalf("got %q (%v), want the end", rest, err)
	}
	eventually(t, "the client is sent away", func() bool { return s.Stats().Open == 0 })
	endedBy(t, s, UpstreamLost)
}
