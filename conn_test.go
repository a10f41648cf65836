package valetkey

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
)

// A doomed connection answers its AUTH; then reading fails.
type doomed struct {
	canned
	err error
}

func (c *doomed) Read(p []byte) (int, error) {
	if c.left == "" {
		return 0, c.err
	}
	return c.canned.Read(p)
}

// A deadline leaves a connection as it is. Keep-alives without an answer end it, though what they end with is called a timeout as well.
func TestTimeoutOfTheNetwork(t *testing.T) {
	for _, tt := range []struct {
		err  error
		open int
	}{{os.ErrDeadlineExceeded, 1}, {os.NewSyscallError("read", syscall.ETIMEDOUT), 0}} {
		raw := &doomed{canned{reply: "+OK\r\n"}, &net.OpError{Op: "read", Net: "tcp", Err: tt.err}}
		d := cannedDialer(raw)
		c, err := d.DialContext(t.Context(), "tcp", "cache:6379")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, tt.err) {
			t.Errorf("Read: %v, want %v", err, tt.err)
		}
		if got := d.Stats().Open; got != tt.open {
			t.Errorf("after %v: %d connections are open, want %d", tt.err, got, tt.open)
		}
		c.Close()
	}
}
