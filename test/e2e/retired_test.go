package e2e

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// retiring is a dialer that closes a connection after half of the server's session, if it cannot be renewed by then.
func retiring(t *testing.T) (*valetkey.Dialer, *emulator.Server) {
	srv := emulator.New(t, func(c *emulator.Config) { c.SessionLimit = time.Second })
	return &valetkey.Dialer{Source: srv.Source(), TLSConfig: srv.ClientTLS(), SessionLimit: 500 * time.Millisecond}, srv
}

// A connection that a command blocks for longer than a session is closed before the server does it, and looks to its client like one
// that the server has closed. Nothing that is written to it is sent, which it says in the way of an EOF: go-redis tries again after one,
// and not after EPIPE.
func TestRetiredConnLooksClosedByTheServer(t *testing.T) {
	d, srv := retiring(t)
	c, err := d.DialContext(t.Context(), "tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("BLPOP nothing 0\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("reading: %v", err)
	}
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		t.Errorf("setting a deadline: %v", err)
	}
	if _, err := c.Write([]byte("PING\r\n")); !errors.Is(err, io.EOF) || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing: %v", err)
	}
	if n := d.Stats(); n.Replaced != 1 || n.Cut != 0 {
		t.Errorf("%+v", n)
	}
}
