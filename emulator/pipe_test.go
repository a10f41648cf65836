package emulator

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipeBuffersUpToItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe(10, memoryAddr("a"), memoryAddr("b"))
		for _, c := range []net.Conn{a, b} { // both sides write before either reads
			if n, err := c.Write([]byte("0123456789")); n != 10 || err != nil {
				t.Fatal(n, err)
			}
		}
		a.SetWriteDeadline(time.Now().Add(time.Minute))
		start := time.Now()
		n, err := a.Write([]byte("xyz"))
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("full pipe: %d, %v after %s", n, err, time.Since(start))
		}
		a.SetWriteDeadline(time.Time{})
		wrote := make(chan int)
		go func() { n, _ := a.Write(bytes.Repeat([]byte("z"), 25)); wrote <- n }()
		got := make([]byte, 35)
		if _, err := io.ReadFull(b, got); err != nil || string(got[:12]) != "0123456789zz" || <-wrote != 25 {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestPipeDeadlineWakesAReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe(0, memoryAddr("a"), memoryAddr("b"))
		start := time.Now()
		a.SetDeadline(start.Add(time.Hour))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		a.SetDeadline(time.Time{})
		go func() { time.Sleep(time.Second); b.Write([]byte("x")) }()
		if n, err := a.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("after the deadline was lifted: %d, %v", n, err)
		}
		go func() { time.Sleep(time.Second); a.SetReadDeadline(time.Now()) }()
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline in the past: %v", err)
		}
	})
}

func TestPipeEnds(t *testing.T) {
	t.Parallel()
	a, b := newPipe(0, memoryAddr("a"), memoryAddr("b"))
	a.Write([]byte("last words"))
	a.CloseWrite()
	if got, err := io.ReadAll(b); string(got) != "last words" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := a.Write(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after CloseWrite: %v", err)
	}
	b.Write([]byte("x"))
	if n, _ := a.Read(make([]byte, 9)); n != 1 {
		t.Error("a half-closed pipe is closed")
	}
	a.Close()
	if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write to a closed end: %v", err)
	}
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read of a closed end: %v", err)
	}
	if a.LocalAddr() != b.RemoteAddr() || a.LocalAddr().String() != "a" || a.LocalAddr().Network() != "memory" {
		t.Errorf("addresses %v, %v", a.LocalAddr(), b.RemoteAddr())
	}
}
