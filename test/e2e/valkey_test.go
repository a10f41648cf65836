package e2e

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// A valkeyServer is a real valkey-server on a free loopback port, without TLS and without authentication: the emulator stands in
// front of it and asks for both. It ends with the test.
type valkeyServer struct{ *valkeyserver.Server }

// addr is where it listens.
func (v *valkeyServer) addr() string { return v.Addr }

func loopbackAddr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// startValkey starts a server with further arguments.
func startValkey(t *testing.T, args ...string) *valkeyServer {
	t.Helper()
	s, err := valkeyserver.Start(t.Context(), valkeyserver.Config{Program: needs.Server(t), Args: args})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return &valkeyServer{s}
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
	c, err := valkeyserver.StartCluster(t.Context(), valkeyserver.ClusterConfig{
		Config: valkeyserver.Config{Program: needs.Server(t)}, Masters: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	return &valkeyServer{c.Nodes[0].Server}
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
