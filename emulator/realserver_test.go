package emulator_test

import (
	"net"
	"testing"

	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// realServer starts a valkey-server on a free loopback port and returns its address. Where there is none the test is
// skipped, and fails if it was promised to run.
func realServer(t testing.TB, args ...string) string {
	t.Helper()
	return serverOf(t, "valkey-server", args...)
}

// serverOf is realServer for one of the two engines.
func serverOf(t testing.TB, program string, args ...string) string {
	t.Helper()
	path := needs.Program(t, program, "Debian: apt install "+program)
	s, err := valkeyserver.Start(t.Context(), valkeyserver.Config{Program: path, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s.Addr
}

// stockPassword is the password that the user app has on a stock server, where it has a token on the emulator.
const stockPassword = "correct horse"

// stockServer starts a valkey-server whose only usable user is app, and returns its address.
func stockServer(t testing.TB) string { return stockOf(t, "valkey-server") }

// stockOf is stockServer for one of the two engines.
func stockOf(t testing.TB, program string) string {
	t.Helper()
	addr := serverOf(t, program)
	w := dialPlain(t, addr)
	w.want("+OK", "ACL", "SETUSER", "app", "on", ">"+stockPassword, "~*", "&*", "+@all")
	w.want("+OK", "ACL", "SETUSER", "default", "off", "resetpass")
	return addr
}

func dialPlain(t testing.TB, addr string) *wire {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	return newWire(t, c, err)
}

// upstreamOf is the option that puts the emulator in front of a server.
func upstreamOf(addr string) func(*emulatorConfig) {
	return func(c *emulatorConfig) { c.Upstream = addr }
}

// bothEngines runs a test with the embedded engine and with a real server behind the emulator.
func bothEngines(t *testing.T, test func(t *testing.T, option func(*emulatorConfig))) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, func(*emulatorConfig) {})
	})
	t.Run("valkey", func(t *testing.T) {
		t.Parallel()
		test(t, upstreamOf(realServer(t)))
	})
}
