package emulator_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// realServer starts a valkey-server on a free loopback port and returns its address. Where there is none the test is
// skipped, and fails if it was promised to run.
func realServer(t testing.TB, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("valkey-server")
	if err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("VALETKEY_REQUIRE_ALL") == "1" {
			t.Fatal("valkey-server is not on PATH, and every test was asked to run")
		}
		t.Skip("not run: valkey-server is not on PATH")
	}
	for range 5 { // another process may take the free port first
		if addr := tryServer(t, path, args); addr != "" {
			return addr
		}
	}
	t.Fatal("valkey-server did not start")
	return ""
}

func tryServer(t testing.TB, path string, args []string) (addr string) {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command(path, append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "",
		"--appendonly", "no", "--dir", t.TempDir()}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() {
				for lines.Scan() { // or the server would block on a full pipe
				}
			}()
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		}
	}
	return ""
}

func freePort(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// stockPassword is the password that the user app has on a stock server, where it has a token on the emulator.
const stockPassword = "correct horse"

// stockServer starts a valkey-server whose only usable user is app, and returns its address.
func stockServer(t testing.TB) string {
	t.Helper()
	addr := realServer(t)
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
