package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

// A valkeyServer is a real valkey-server on a free loopback port, without TLS and without authentication: the emulator stands in
// front of it and asks for both. It ends with the test.
type valkeyServer struct {
	port int
	log  chan string // lines of its log
}

// addr is where it listens.
func (v *valkeyServer) addr() string { return loopbackAddr(v.port) }

func loopbackAddr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// needValkeyServer skips a test that cannot run without valkey-server, or fails it where nothing may be left out.
func needValkeyServer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("valkey-server")
	requireTool(t, "valkey-server (Debian: apt install valkey-server)", err == nil)
	return path
}

// startValkey starts a server with further arguments. It tries other ports should somebody take one between the moment it is found free and the
// moment the server listens.
func startValkey(t *testing.T, args ...string) *valkeyServer {
	t.Helper()
	path := needValkeyServer(t)
	var err error
	for range 5 {
		var v *valkeyServer
		if v, err = tryValkey(t, path, args); err == nil {
			return v
		}
	}
	t.Fatal(err)
	return nil
}

func tryValkey(t *testing.T, path string, args []string) (*valkeyServer, error) {
	v := &valkeyServer{port: freePort(t), log: make(chan string, 1000)}
	cmd := exec.Command(path, append([]string{
		"--port", strconv.Itoa(v.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go v.follow(out)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed: the error says so
	})
	return v, v.await("Ready to accept connections")
}

// follow reads the log to its end, so that the server never waits for a reader.
func (v *valkeyServer) follow(out io.Reader) {
	defer close(v.log)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		select {
		case v.log <- lines.Text():
		default: // nobody waits for a line any more
		}
	}
}

// await returns when the server has logged a line with the text. It is how to wait for a state without asking again and again.
func (v *valkeyServer) await(text string) error {
	limit := time.After(30 * time.Second)
	var last string
	for {
		select {
		case line, ok := <-v.log:
			if !ok {
				return fmt.Errorf("valkey-server ended before it said %q; its last words: %s", text, last)
			}
			if last = line; strings.Contains(line, text) {
				return nil
			}
		case <-limit:
			return fmt.Errorf("valkey-server has not said %q in 30 s; its last words: %s", text, last)
		}
	}
}

// do sends a command and returns the reply's first line, or a bulk string. An error reply fails the test.
func (v *valkeyServer) do(t *testing.T, args ...string) string {
	t.Helper()
	c, err := net.Dial("tcp", v.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		t.Fatal(err)
	}
	reply, err := resp.NewReplyReader(c).Next()
	if err != nil {
		t.Fatal(err)
	}
	if reply.Kind == '-' {
		t.Fatalf("%s: %s", strings.Join(args, " "), reply.Raw)
	}
	return string(reply.Raw)
}

// startClusterNode starts a Valkey cluster of one node that has all slots.
func startClusterNode(t *testing.T) *valkeyServer {
	t.Helper()
	v := startValkey(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(freePort(t)))
	v.do(t, "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	if err := v.await("Cluster state changed: ok"); err != nil {
		t.Fatal(err)
	}
	return v
}

// announce makes the node name that address to cluster clients, so that they come by way of the emulator. A node of AWS with TLS announces a
// host name, and so does this.
func (v *valkeyServer) announce(t *testing.T, addr string) {
	t.Helper()
	v.do(t, "CONFIG", "SET", "cluster-announce-ip", "127.0.0.1", "cluster-announce-port", strconv.Itoa(portOf(t, addr)),
		"cluster-announce-hostname", "localhost", "cluster-preferred-endpoint-type", "hostname")
}

// freePort finds a loopback port that nobody uses at the moment.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestClusterNodeAnnounces shows that the harness does what the cluster tests rely on.
func TestClusterNodeAnnounces(t *testing.T) {
	v := startClusterNode(t)
	v.announce(t, "127.0.0.1:12345")
	slots := v.do(t, "CLUSTER", "SLOTS")
	for _, want := range []string{":0\r\n", ":16383\r\n", "localhost", ":12345\r\n"} {
		if !strings.Contains(slots, want) {
			t.Errorf("CLUSTER SLOTS is %q, want %q in it", slots, want)
		}
	}
}
