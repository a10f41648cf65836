package parked

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// A connection with a read deadline is not watched: nobody would be woken when it passes, or has passed already.
func TestWatchRefusesADeadline(t *testing.T) {
	near, _ := pair(t)
	near.SetReadDeadline(time.Unix(1, 0))
	if near.Watch(func() { t.Error("woken") }) {
		t.Error("watched, and Park would have returned")
	}
	near.SetDeadline(time.Time{})
	woken := watched(t, near)
	near.SetDeadline(time.Time{})
	arrives(t, woken)
}

// Whatever ends a watch does so too if it comes just when the watch begins: either the watch is refused, or its end is told.
func TestWatchBeginsAsItEnds(t *testing.T) {
	for name, end := range map[string]func(c *Conn){
		"a deadline":  func(c *Conn) { c.SetReadDeadline(time.Unix(1, 0)) },
		"its own end": func(c *Conn) { c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			for range 3000 {
				near, far := join(t, ln)
				ended := make(chan struct{})
				go func() { end(near); close(ended) }()
				woken := make(chan struct{}, 2)
				if near.Watch(func() { woken <- struct{}{} }) {
					arrives(t, woken)
				}
				<-ended
				near.Close()
				far.Close()
			}
		})
	}
}

// Urgent data, which is no part of the stream, does not hide what comes behind.
func TestUrgentDataIsPassedOver(t *testing.T) {
	near, far := pair(t)
	raw, err := far.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	send := func(s string, flags int) {
		raw.Write(func(fd uintptr) bool {
			if err := syscall.Sendto(int(fd), []byte(s), flags, nil); err != nil {
				t.Error(err)
			}
			return true
		})
	}
	woken := watched(t, near)
	send("a", 0)
	send("!", syscall.MSG_OOB)
	arrives(t, woken)
	if _, err := io.ReadFull(near, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	woken = watched(t, near)
	send("c", 0)
	arrives(t, woken)
	far.Close()
	if got, err := drain(near, near); err != nil || string(got) != "c" {
		t.Errorf("read %q (%v), want what is not urgent", got, err)
	}
}
