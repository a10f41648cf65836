package proxy

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

// A cluster is two nodes, of which the second has what is asked for.
type cluster struct{ seed, other *upstream }

// startCluster starts them. What names them, in CLUSTER SLOTS and NODES, is up to named.
func startCluster(t *testing.T, named func(c *cluster) []*upstream) *cluster {
	c := &cluster{startUpstream(t), startUpstream(t)}
	c.seed.further = func(words []string) string {
		switch strings.Join(words, " ") {
		case "CLUSTER SLOTS":
			return slotsReply(portsOf(named(c)))
		case "CLUSTER NODES":
			return string(resp.AppendBulk(nil, nodesText(portsOf(named(c)))))
		case "GET k":
			return fmt.Sprintf("-MOVED 1 127.0.0.1:%d\r\n", portOf(c.other.ln.Addr()))
		}
		return ""
	}
	return c
}

func (c *cluster) both() []*upstream { return []*upstream{c.seed, c.other} }

func portOf(a net.Addr) int { return a.(*net.TCPAddr).Port }

func portsOf(all []*upstream) (ports []int) {
	for _, u := range all {
		ports = append(ports, portOf(u.ln.Addr()))
	}
	return ports
}

func slotsReply(ports []int) string {
	out := fmt.Sprintf("*%d\r\n", len(ports))
	for _, p := range ports {
		out += fmt.Sprintf("*3\r\n:0\r\n:1\r\n*3\r\n$9\r\n127.0.0.1\r\n:%d\r\n$2\r\nid\r\n", p)
	}
	return out
}

func nodesText(ports []int) (text string) {
	for _, p := range ports {
		text += fmt.Sprintf("id 127.0.0.1:%d@1 master - 0 0 1 connected\n", p)
	}
	return text
}

// nodeAt is the address of the listener for an upstream.
func nodeAt(t *testing.T, s *Server, u *upstream) string {
	t.Helper()
	for _, n := range s.Status().Nodes {
		if n.Upstream == u.ln.Addr().String() {
			return n.Address
		}
	}
	t.Fatalf("%s has no listener: %+v", u.ln.Addr(), s.Status().Nodes)
	return ""
}

func portIn(t *testing.T, addr string) int {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return a.Port
}

// The list of nodes names listeners here: the Server's own for its address, one more for the other, which leads to the other.
func TestNodesGetListeners(t *testing.T) {
	u := startCluster(t, (*cluster).both)
	s, addr := start(t, u.seed, nil)
	c := dial(t, "tcp", addr)
	c.ask("GET k", "") // opens the listener
	c.expect("-MOVED 1 " + fmt.Sprint("127.0.0.1:", portIn(t, awaitNode(t, s, u.other))) + "\r\n")
	other := nodeAt(t, s, u.other)
	ports := []int{portIn(t, addr), portIn(t, other)}
	c.ask("CLUSTER SLOTS", slotsReply(ports))
	c.ask("CLUSTER NODES", string(resp.AppendBulk(nil, nodesText(ports))))
	dial(t, "tcp", other).ask("GET k", "+OK\r\n")
	if got := u.other.requests(); got != "AUTH app token,GET k" {
		t.Errorf("the other node got %q", got)
	}
	if n := s.Status().Nodes; len(n) != 1 || n[0].Clients != 1 {
		t.Errorf("status %+v, want one node with one client", n)
	}
}

// awaitNode waits for the listener of an upstream.
func awaitNode(t *testing.T, s *Server, u *upstream) string {
	t.Helper()
	for deadline := time.Now().Add(patience); len(s.Status().Nodes) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("no listener")
		}
	}
	return nodeAt(t, s, u)
}

// A MOVED may be the invention of a script. No token goes to what the cluster does not name.
func TestNoTokenForAStranger(t *testing.T) {
	u := startCluster(t, func(c *cluster) []*upstream { return []*upstream{c.seed} })
	s, addr := start(t, u.seed, func(s *Server) { s.DialTimeout = time.Second })
	dial(t, "tcp", addr).send("GET k\r\n")
	c := dial(t, "tcp", awaitNode(t, s, u.other))
	c.send("PING\r\n")
	c.expectEnd(fmt.Sprintf("-ERR valetkey: %s is no node of the cluster: %s does not name it\r\n", u.other.ln.Addr(), u.seed.ln.Addr()))
	if n := u.other.dials(); n != 0 {
		t.Errorf("%d connections to a stranger", n)
	}
}

// A node that is named no more loses its listener, and gets the same port again.
func TestNodesThatVanish(t *testing.T) {
	var gone bool
	u := startCluster(t, func(c *cluster) []*upstream {
		if gone {
			return []*upstream{c.seed}
		}
		return c.both()
	})
	s, addr := start(t, u.seed, func(s *Server) { s.ClusterLinger = time.Nanosecond })
	c := dial(t, "tcp", addr)
	c.send("CLUSTER SLOTS\r\n")
	other := awaitNode(t, s, u.other)
	both := slotsReply([]int{portIn(t, addr), portIn(t, other)})
	c.expect(both)
	client := dial(t, "tcp", other)
	client.ask("PING", "+PONG\r\n")
	gone = true
	alone := slotsReply([]int{portIn(t, addr)})
	c.ask("CLUSTER SLOTS", alone)
	if got := nodeAt(t, s, u.other); got != other { // it has a client
		t.Errorf("the listener is at %s, want %s", got, other)
	}
	client.Close()
	for deadline := time.Now().Add(patience); len(s.Status().Nodes) > 0; c.ask("CLUSTER SLOTS", alone) {
		if time.Now().After(deadline) {
			t.Fatalf("still there: %+v", s.Status().Nodes)
		}
	}
	if conn, err := net.Dial("tcp", other); err == nil {
		conn.Close()
		t.Error("the listener of a node that has vanished accepts")
	}
	gone = false
	c.ask("CLUSTER SLOTS", both)
}

// Whom the nodes are renamed for.
func TestClusterModes(t *testing.T) {
	u := startCluster(t, (*cluster).both)
	moved := fmt.Sprintf("-MOVED 1 %s\r\n", u.other.ln.Addr())
	for _, tt := range []struct {
		mode    ClusterMode
		network string
		renamed bool
	}{
		{"", "tcp", true}, {ClusterAuto, "tcp", true}, {ClusterOn, "tcp", true}, {ClusterOff, "tcp", false},
		{"", "unix", false}, {ClusterOn, "unix", true}, {ClusterOff, "unix", false},
	} {
		s, addr := start(t, u.seed, func(s *Server) { s.Cluster = tt.mode })
		if tt.network == "unix" {
			addr = filepath.Join(t.TempDir(), "s")
			ln, err := Listen("unix:" + addr)
			if err != nil {
				t.Fatal(err)
			}
			serve(t, s, ln)
		}
		c := dial(t, tt.network, addr)
		c.send("GET k\r\n")
		got, err := c.replies.ReadString('\n')
		if err != nil || (got != moved) != tt.renamed || len(s.Status().Nodes) == 1 != tt.renamed {
			t.Errorf("mode %q over %s: %q (%v), nodes %+v", tt.mode, tt.network, got, err, s.Status().Nodes)
		}
	}
	s := &Server{Addr: "127.0.0.1:1", Cluster: ClusterOn, AllowUIDs: []uint32{1}}
	s.Dialer.Source = source{}
	if err := s.Check(t.Context()); err != errSharedNodes {
		t.Errorf("ports that everybody can reach, beside a socket that few may use: %v", err)
	}
}

// Without a port to give there is no name to give either.
func TestNoPortForANode(t *testing.T) {
	u := startCluster(t, (*cluster).both)
	taken := portOf(u.seed.ln.Addr())
	_, addr := start(t, u.seed, func(s *Server) { s.ClusterPorts = PortRange{uint16(taken), uint16(taken)} })
	c := dial(t, "tcp", addr)
	c.send("GET k\r\nPING\r\n")
	got, err := c.replies.ReadString('\n')
	if err != nil || !strings.HasPrefix(got, fmt.Sprintf("-ERR valetkey: no port for node %s: all of %d-%d are in use", u.other.ln.Addr(), taken, taken)) {
		t.Errorf("%q, %v", got, err)
	}
	c.expect("+PONG\r\n")
}

// A node that is away looks like it: no answer, and the cache is no less ready.
func TestNodeThatIsAway(t *testing.T) {
	u := startCluster(t, (*cluster).both)
	s, addr := start(t, u.seed, nil)
	c := dial(t, "tcp", addr)
	c.send("CLUSTER SLOTS\r\n")
	other := awaitNode(t, s, u.other)
	u.other.ln.Close()
	client := dial(t, "tcp", other)
	client.send("PING\r\n")
	client.expectEnd("")
	if st := s.Status(); !st.Ready {
		t.Errorf("status %+v, want ready", st)
	}
}

// A script can invent nodes, but not take all ports; those that the cluster names get theirs.
func TestTooManyStrangers(t *testing.T) {
	u := startCluster(t, (*cluster).both)
	invented := 0
	also := u.seed.further
	u.seed.further = func(words []string) string {
		if words[0] == "EVAL" {
			invented++
			return fmt.Sprintf("-MOVED 1 %d.example:6379\r\n", invented)
		}
		return also(words)
	}
	s, addr := start(t, u.seed, nil)
	c := dial(t, "tcp", addr)
	for range mostStrangers {
		c.send("EVAL\r\n")
		if got, err := c.replies.ReadString('\n'); err != nil || !strings.HasPrefix(got, "-MOVED 1 127.0.0.1:") {
			t.Fatalf("%q, %v", got, err)
		}
	}
	c.ask("EVAL", "-ERR valetkey: no port for node 33.example:6379: 32 nodes have one, of which the cluster's own list has not named 32\r\n")
	c.send("CLUSTER SLOTS\r\n")
	if got, err := c.replies.ReadString('\n'); got != "*2\r\n" {
		t.Errorf("%q, %v", got, err)
	}
	nodeAt(t, s, u.other)
}

// Whoever can reach the Server by an address can reach the nodes by it; they ask for the same password, and end with it.
func TestNodesAreWhereTheServerIs(t *testing.T) {
	u := startCluster(t, (*cluster).both)
	s := &Server{Addr: u.seed.ln.Addr().String(), Password: "secret"}
	s.Dialer.Source, s.Dialer.Plaintext = source{}, true
	ln, err := Listen("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, s, ln)
	c := dial(t, "tcp", fmt.Sprint("127.0.0.2:", portOf(ln.Addr())))
	c.ask("AUTH secret", "+OK\r\n")
	c.send("GET k\r\n")
	other := fmt.Sprint("127.0.0.2:", portIn(t, awaitNode(t, s, u.other)))
	c.expect("-MOVED 1 " + other + "\r\n")
	client := dial(t, "tcp", other)
	client.ask("PING", "-NOAUTH Authentication required.\r\n")
	client.ask("AUTH secret\r\nPING", "+OK\r\n+PONG\r\n")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", other); err == nil {
		conn.Close()
		t.Error("a node's listener has outlived the Server")
	}
}

// The name that the user has given for the cache's certificate is not the other nodes'.
func TestNodesHaveNamesOfTheirOwn(t *testing.T) {
	s := &Server{Addr: "tunnel:6379"}
	s.Dialer.Source, s.Dialer.TLSConfig = source{}, &tls.Config{ServerName: "cache.example"}
	if err := s.prepare(); err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{"tunnel:6380": "cache.example", "node.example:6379": ""} {
		if got := s.dialerFor(addr).TLSConfig.ServerName; got != want {
			t.Errorf("%s: name %q, want %q", addr, got, want)
		}
	}
}

func TestParsePortRange(t *testing.T) {
	for in, want := range map[string]PortRange{"7000-7099": {7000, 7099}, "7000-7000": {7000, 7000}} {
		if got, err := ParsePortRange(in); err != nil || got != want || got.String() != in {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "7000", "7001-7000", "0-9", "1-65536", "a-b", "1-2-3"} {
		if got, err := ParsePortRange(in); err == nil {
			t.Errorf("%q: %v, want an error", in, got)
		}
	}
}
