package proxy

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

func shutdown(t *testing.T, s *Server, limit time.Duration) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	go func() { done <- s.Shutdown(ctx) }()
	return done
}

// untilDraining waits until the server takes no more clients.
func untilDraining(t *testing.T, addr string) {
	t.Helper()
	for limit := time.Now().Add(patience); time.Now().Before(limit); {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
	}
	t.Fatal("the server goes on accepting")
}

// Shutdown lets a blocked command, a pipeline and a transaction come to their end, and closes what is idle.
func TestShutdownDrains(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, nil)
	idle, fresh := dial(t, "tcp", addr), dial(t, "tcp", addr)
	idle.ask("PING", "+PONG\r\n")
	blocked, inMulti := dial(t, "tcp", addr), dial(t, "tcp", addr)
	blocked.send("HOLD\r\n")
	<-u.holding
	inMulti.ask("MULTI", "+OK\r\n")

	done := shutdown(t, s, patience)
	idle.expectEnd("")
	fresh.expectEnd("")
	untilDraining(t, addr)
	st := s.Status()
	for limit := time.Now().Add(patience); st.Clients > 2 && time.Now().Before(limit); runtime.Gosched() {
		st = s.Status()
	}
	if !st.Draining || st.Ready || st.Clients != 2 {
		t.Errorf("status %+v, want two clients of a draining server", st)
	}
	inMulti.ask("ECHO more", "$4\r\nmore\r\n")
	inMulti.send("EXEC\r\n")
	inMulti.expectEnd("*0\r\n")
	select {
	case err := <-done:
		t.Fatalf("Shutdown returned %v while a command waits for its reply", err)
	default:
	}
	close(u.hold)
	blocked.expectEnd("+RELEASED\r\n")
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if got := s.Stats(); got.Ended[Drained] != 4 {
		t.Errorf("ended: %v, want all four drained", got.Ended)
	}
}

// At the end of its time Shutdown breaks off the rest and says so.
func TestShutdownGivesUp(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, nil)
	blocked := dial(t, "tcp", addr)
	blocked.send("HOLD\r\n")
	<-u.holding
	err := <-shutdown(t, s, 50*time.Millisecond)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v, want the end of its context", err)
	}
	endedBy(t, s, Severed)
	close(u.hold)
}

// During the delay new connections are served as ever.
func TestShutdownDelay(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, func(s *Server) { s.DrainDelay = time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(ctx) }()
	for limit := time.Now().Add(patience); !s.Status().Draining && time.Now().Before(limit); {
		dial(t, "tcp", addr).ask("PING", "+PONG\r\n")
	}
	late := dial(t, "tcp", addr)
	late.ask("PING", "+PONG\r\n")
	late.ask("MULTI", "+OK\r\n")
	cancel()
	if err := <-done; err == nil {
		t.Error("Shutdown broke off a transaction and returned nil")
	}
}

func TestShutdownTwice(t *testing.T) {
	u := startUpstream(t)
	s, addr := start(t, u, nil)
	blocked := dial(t, "tcp", addr)
	blocked.send("HOLD\r\n")
	<-u.holding
	first := shutdown(t, s, patience)
	untilDraining(t, addr)
	second := shutdown(t, s, patience)
	close(u.hold)
	if err := errors.Join(<-first, <-second); err != nil {
		t.Error(err)
	}
}

// A client that waits for its upstream connection is broken off as the others are, and the cache is not to blame.
func TestCloseDuringDial(t *testing.T) {
	u := startUpstream(t)
	dialling := make(chan struct{}, 1)
	s, addr := start(t, u, func(s *Server) {
		s.Dialer.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialling <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	waits := dial(t, "tcp", addr)
	waits.send("PING\r\n")
	<-dialling
	endedBy(t, s, Severed)
	waits.expectEnd("")
	if failures := s.Stats().NotDialed; len(failures) > 0 || s.facts.failing() {
		t.Errorf("failures: %v, trouble: %t, want none", failures, s.facts.failing())
	}
}

// An upstream connection that is slow to close holds up no other client.
func TestCloseAllAtOnce(t *testing.T) {
	u := startUpstream(t)
	const clients = 5
	var closing sync.WaitGroup
	closing.Add(clients)
	all := make(chan struct{})
	go func() {
		closing.Wait()
		close(all)
	}()
	wait := func() {
		closing.Done()
		select {
		case <-all:
		case <-t.Context().Done():
		}
	}
	s, addr := start(t, u, func(s *Server) {
		s.Dialer.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return &reluctant{Conn: conn, wait: wait}, err
		}
	})
	for range clients {
		dial(t, "tcp", addr).ask("PING", "+PONG\r\n")
	}
	done := make(chan error, 1)
	go func() { done <- s.Close() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("Close closes one client after another")
	}
}

// A reluctant connection waits before it closes.
type reluctant struct {
	net.Conn
	once sync.Once
	wait func()
}

func (c *reluctant) Close() error {
	c.once.Do(c.wait)
	return c.Conn.Close()
}
