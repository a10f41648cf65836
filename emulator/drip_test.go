package emulator_test

import (
	"net"
	"runtime"
	"testing"
)

// dripping is the address of a relay to addr that passes what comes back on in pieces of a few bytes, so that whoever takes
// an answer for complete too early is found out.
func dripping(t testing.TB, addr string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", addr)
			if err != nil {
				near.Close()
				return
			}
			go pump(far, near, 64<<10)
			go pump(near, far, 3)
		}
	}()
	return ln.Addr().String()
}

// pump copies at most size bytes at a time.
func pump(to, from net.Conn, size int) {
	defer to.Close()
	buf := make([]byte, size)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
		runtime.Gosched()
	}
}
