package emulator_test

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/valetkey/valetkey/emulator"
)

// closings counts connections as they end.
func closings(ended chan<- emulator.Event) func(*emulatorConfig) {
	return func(c *emulatorConfig) {
		c.OnEvent = func(e emulator.Event) {
			if e.Kind == emulator.Closed {
				ended <- e
			}
		}
	}
}

func TestClientThatHangsUpIsGone(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		ended := make(chan emulator.Event, 10)
		s := emulator.New(t, option, closings(ended))
		blocked, idle, subscribed := login(t, s), login(t, s), login(t, s)
		blocked.send("BLPOP", "q", "0")
		subscribed.want("*3", "SUBSCRIBE", "c")
		for _, w := range []*wire{blocked, idle, subscribed} {
			w.Close()
			if e := <-ended; e.User != "app" {
				t.Errorf("event %v", e)
			}
		}
		login(t, s).want(":0", "PUBLISH", "c", "x")
	})
}

func TestWhatWasSentBeforeHangingUpIsCarriedOut(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, option)
		w := login(t, s)
		w.raw(commands([]string{"SET", "k", "v"}, []string{"GET", "k"}))
		if err := w.Conn.(*tls.Conn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(w.Conn)
		if err != nil || string(out) != "+OK\r\n$1\r\nv\r\n" {
			t.Fatalf("%q, %v", out, err)
		}
	})
}

func TestQuitAnswersAndCloses(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, option func(*emulatorConfig)) {
		s := emulator.New(t, option)
		w := login(t, s)
		w.raw(commands([]string{"SET", "k", "v"}, []string{"QUIT"}, []string{"SET", "k", "late"}))
		w.wantNext("+OK")
		w.wantNext("+OK")
		w.ended()
		login(t, s).want("$1\r\nv\r\n", "GET", "k")
	})
}

func TestBackendThatDies(t *testing.T) {
	t.Parallel()
	addr := realServer(t)
	s := emulator.New(t, quiet, upstreamOf(addr), func(c *emulatorConfig) { c.AllowRestricted = true })
	w := login(t, s)
	w.send("SHUTDOWN", "NOSAVE")
	w.ended()
	again := dial(t, s)
	again.want("-ERR service is not available\r\n", "AUTH", "app", token(t, s))
	if got := lastRefusal(t, s).Reason; got != emulator.BackendDown {
		t.Errorf("reason %q", got)
	}
	again.want("-NOAUTH", "PING")
}

func TestPlaintextClientIsTold(t *testing.T) {
	t.Parallel()
	ended := make(chan emulator.Event, 1)
	s := emulator.New(t, quiet, closings(ended))
	c, err := net.Dial("tcp", s.Addr())
	w := newWire(t, c, err)
	w.send("PING")
	<-ended
	if r := lastRefusal(t, s); r.Reason != emulator.HandshakeFailed || r.Check != 1 {
		t.Errorf("refusal %v", r)
	}
}

// TestBackendThatNeverLetsGo has RESET wait for a backend that does not see its client leave, and Close end that.
func TestBackendThatNeverLetsGo(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	left := make(chan struct{})
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		io.ReadFull(c, make([]byte, len("*1\r\n$5\r\nRESET\r\n")))
		io.WriteString(c, "+RESET\r\n")
		io.Copy(io.Discard, c) // up to the end of what the emulator sends; nothing is closed
		close(left)
	}()
	s := emulator.New(t, quiet, upstreamOf(ln.Addr().String()))
	w := login(t, s)
	w.want("+RESET", "RESET")
	<-left
	s.Close()
	w.ended()
}
