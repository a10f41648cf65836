package parked

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// More is written than the other side takes at once; a deadline ends that, and what was written is counted.
func TestWriteWaits(t *testing.T) {
	near, far := pair(t)
	value := strings.Repeat("0123456789abcdef", 1<<20)
	go func() {
		if n, err := near.Write([]byte(value)); n != len(value) || err != nil {
			t.Errorf("wrote %d of %d bytes (%v)", n, len(value), err)
		}
		near.SetWriteDeadline(time.Unix(1, 0))
		near.Close()
	}()
	got, err := io.ReadAll(far)
	if err != nil || string(got) != value {
		t.Fatalf("%d bytes of %d arrived (%v)", len(got), len(value), err)
	}
}

// Errors of writing are as those of net's own connections.
func TestWriteErrors(t *testing.T) {
	near, far := pair(t)
	near.SetWriteDeadline(time.Unix(1, 0))
	if n, err := near.Write([]byte("x")); n != 0 || !os.IsTimeout(err) {
		t.Errorf("behind the deadline: %d, %v", n, err)
	}
	near.SetWriteDeadline(time.Time{})
	far.(*net.TCPConn).SetLinger(0)
	far.Close()
	var err error
	for range 1000 { // until the reset has come
		if _, err = near.Write([]byte("x")); err != nil {
			break
		}
	}
	op, ok := errors.AsType[*net.OpError](err)
	if _, call := errors.AsType[*os.SyscallError](err); !ok || !call || op.Op != "write" {
		t.Errorf("behind a reset: %v", err)
	}
	near.Close()
	if _, err := near.Write([]byte("x")); !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), "write tcp ") {
		t.Errorf("closed: %v", err)
	}
}
