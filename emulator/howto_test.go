package emulator_test

import (
	"bufio"
	"io"
	"testing"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// TestThreeLines is what docs/how-to/test-without-aws.md shows first.
func TestThreeLines(t *testing.T) {
	t.Parallel()
	srv := emulator.New(t)
	dialer := &valetkey.Dialer{Source: srv.Source(), TLSConfig: srv.ClientTLS()}
	conn, err := dialer.DialContext(t.Context(), "tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "PING\r\n")
	if got, err := bufio.NewReader(conn).ReadString('\n'); err != nil || got != "+PONG\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestHowToBreakThings is the second thing that the page shows: a cache of three nodes, of which one fails.
func TestHowToBreakThings(t *testing.T) {
	t.Parallel()
	srv := emulator.New(t, func(c *emulator.Config) {
		c.Profile, c.Replicas = emulator.NodeBased, 2
	})
	dialer := &valetkey.Dialer{Source: srv.Source(), TLSConfig: srv.ClientTLS()}
	conn, err := dialer.DialContext(t.Context(), "tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := srv.DropNode("orders-001"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection to the node that failed has not ended")
	}
	again, err := dialer.DialContext(t.Context(), "tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
}
