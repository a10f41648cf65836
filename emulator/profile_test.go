package emulator_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
)

// playing is the option for a profile.
func playing(p emulator.Profile, shards, replicas int) func(*emulatorConfig) {
	return func(c *emulatorConfig) { c.Profile, c.Shards, c.Replicas = p, shards, replicas }
}

// realEngine is the option for server processes behind the gate.
func realEngine(t testing.TB) func(*emulatorConfig) {
	t.Helper()
	program := needs.Server(t)
	return func(c *emulatorConfig) { c.Engine = program }
}

// eachEngine runs a test with the embedded engine and with processes that the emulator starts.
func eachEngine(t *testing.T, test func(t *testing.T, option func(*emulatorConfig))) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, func(*emulatorConfig) {})
	})
	t.Run("valkey-server", func(t *testing.T) {
		t.Parallel()
		test(t, realEngine(t))
	})
}

// loginAt authenticates at an address of the server's.
func loginAt(t testing.TB, s *emulator.Server, addr string) *wire {
	t.Helper()
	network := s.Dial
	if !s.InMemory {
		network = (&net.Dialer{}).DialContext
	}
	c, err := network(context.Background(), "tcp", addr)
	if err == nil {
		c = tls.Client(c, s.ClientTLS())
	}
	w := newWire(t, c, err)
	w.want("+OK", "AUTH", "app", token(t, s))
	return w
}

// endpoint is the address of the first endpoint with that role.
func endpoint(t testing.TB, s *emulator.Server, role emulator.Role) string {
	t.Helper()
	for _, e := range s.Endpoints() {
		if e.Role == role {
			return e.Address
		}
	}
	t.Fatalf("no endpoint %s in %+v", role, s.Endpoints())
	return ""
}

// A primary takes writes, a reader refuses them, and a replica has what the primary has.
func TestNodeBasedHasReplicas(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine func(*emulatorConfig)) {
		s := emulator.New(t, engine, playing(emulator.NodeBased, 0, 2))
		primary := loginAt(t, s, endpoint(t, s, emulator.PrimaryRole))
		reader := loginAt(t, s, endpoint(t, s, emulator.ReaderRole))
		if got := fmt.Sprint(s.Nodes()); strings.Count(got, "replica") != 2 || !strings.Contains(got, "orders-003") {
			t.Errorf("nodes %s", got)
		}
		primary.want("+OK", "SET", "k", "v")
		primary.do("WAIT", "2", "30000")
		reader.want("$1\r\nv\r\n", "GET", "k")
		reader.want("-READONLY You can't write against a read only replica.\r\n", "SET", "k", "w")
		reader.want("+OK", "MULTI")
		reader.want("-READONLY", "SET", "k", "w")
		reader.want("-EXECABORT", "EXEC")
		if got := reader.do("INFO", "replication"); !strings.Contains(got, "role:slave") {
			t.Errorf("the reader says %q", got)
		}
		if got := primary.do("INFO", "replication"); !strings.Contains(got, "connected_slaves:2") {
			t.Errorf("the primary says %q", got)
		}
	})
}

// Without replicas the reader endpoint leads to the primary.
func TestReaderWithoutReplicasIsThePrimary(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, emulator.InMemory, playing(emulator.NodeBased, 0, 0))
	loginAt(t, s, endpoint(t, s, emulator.ReaderRole)).want("+OK", "SET", "k", "v")
	if n := len(s.Endpoints()); n != 3 {
		t.Errorf("%d endpoints", n)
	}
}

// The reader endpoint spreads connections over the replicas.
func TestReaderSpreadsConnections(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, emulator.InMemory, playing(emulator.NodeBased, 0, 3))
	loginAt(t, s, endpoint(t, s, emulator.ReaderRole)).want("-READONLY", "SET", "k", "v")
	for i, node := range []string{"orders-002", "orders-003", "orders-004"} {
		if err := s.DropNode(node); err != nil {
			t.Fatal(err)
		}
		if reader := loginAt(t, s, endpoint(t, s, emulator.ReaderRole)); i < 2 {
			reader.want("-READONLY", "SET", "k", "v")
		} else {
			reader.want("+OK", "SET", "k", "v")
		}
	}
}

// A cluster answers with the emulated endpoints alone, behind each is a node of its own, and tokens are checked at all of them.
func TestClusterNamesItsEndpoints(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, realEngine(t), playing(emulator.ClusterEnabled, 2, 1), quiet)
	if got := len(s.Endpoints()); got != 5 {
		t.Fatalf("%d endpoints: %+v", got, s.Endpoints())
	}
	w := loginAt(t, s, s.Addr())
	table := w.do("CLUSTER", "SLOTS")
	lines := w.do("CLUSTER", "NODES")
	for _, n := range s.Nodes() {
		_, port, _ := net.SplitHostPort(n.Address)
		if !strings.Contains(table, "$9\r\nlocalhost\r\n:"+port+"\r\n") || !strings.Contains(lines, n.ID+" 127.0.0.1:"+port+"@") {
			t.Errorf("%s at %s is not in %q and %q", n.Name, n.Address, table, lines)
		}
	}
	first, second := loginAt(t, s, s.Nodes()[0].Address), loginAt(t, s, s.Nodes()[1].Address)
	first.want("+OK", "SET", "b", "v") // slot 3300
	second.want("-MOVED 3300 "+s.Nodes()[0].Address+"\r\n", "GET", "b")
	first.want(":1", "WAIT", "1", "30000")
	replica := loginAt(t, s, s.Nodes()[2].Address)
	replica.want("-MOVED 3300", "GET", "b")
	replica.want("+OK", "READONLY")
	replica.want("$1\r\nv\r\n", "GET", "b")
}

// The address that a node announces is for replicas too, but for nobody who has not the engine's own password.
func TestStrangersDoNotPassAsReplicas(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, realEngine(t), playing(emulator.ClusterEnabled, 1, 1), quiet)
	plain := func() *wire {
		c, err := net.Dial("tcp", s.Nodes()[0].Address)
		return newWire(t, c, err)
	}
	for _, opening := range [][]string{{"AUTH", "x"}, {"GET", "k"}, {"HELLO", "3"}, {"PONG"}} {
		w := plain()
		w.send(opening...)
		w.ended()
	}
	w := plain()
	w.want("-NOAUTH", "PING")
	w.send("AUTH", "wrongwrongwrongwrongwrongw")
	w.ended()
	if got := lastRefusal(t, s).Reason; got != emulator.HandshakeFailed {
		t.Errorf("reason %q", got)
	}
	if n := len(s.Refusals()); n != 5 {
		t.Errorf("%d refusals", n)
	}
}

// A serverless cache is one virtual node with all slots, for everything and for reading, at two ports.
func TestServerlessIsOneVirtualNode(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine func(*emulatorConfig)) {
		s := emulator.New(t, engine, playing(emulator.ServerlessCache, 0, 0))
		if !s.Target().Serverless {
			t.Error("tokens do not name a serverless cache")
		}
		w := loginAt(t, s, endpoint(t, s, emulator.PrimaryRole))
		reader := loginAt(t, s, endpoint(t, s, emulator.ReaderRole))
		_, port, _ := net.SplitHostPort(s.Endpoints()[0].Address)
		_, readPort, _ := net.SplitHostPort(s.Endpoints()[1].Address)
		for _, answers := range []*wire{w, reader} {
			got := answers.do("CLUSTER", "SLOTS")
			if !strings.HasPrefix(got, "*1\r\n*4\r\n:0\r\n:16383\r\n*4\r\n$9\r\nlocalhost\r\n:"+port+"\r\n") || !strings.Contains(got, "localhost\r\n:"+readPort+"\r\n") {
				t.Errorf("CLUSTER SLOTS is %q", got)
			}
		}
		if got := w.do("CLUSTER", "NODES"); strings.Count(got, "\n") < 3 || !strings.Contains(got, "myself,master") || !strings.Contains(got, "0-16383") {
			t.Errorf("CLUSTER NODES is %q", got)
		}
		w.want("$", "CLUSTER", "INFO")
		w.want(":12182", "CLUSTER", "KEYSLOT", "foo")
		w.want("-ERR SELECT is not allowed in cluster mode", "SELECT", "1")
		w.want("+OK", "SET", "foo", "v")
		reader.want("-MOVED 12182 localhost:"+port+"\r\n", "SET", "foo", "w")
		reader.want("+OK", "READONLY")
	})
}

// The embedded engine describes its shard as a real cluster of one shard does, in both protocols.
func TestEmbeddedClusterReadsAsARealOne(t *testing.T) {
	t.Parallel()
	embedded := emulator.New(t, playing(emulator.ClusterEnabled, 1, 1), quiet)
	stock := emulator.New(t, realEngine(t), playing(emulator.ClusterEnabled, 1, 1), quiet)
	a, b := loginAt(t, embedded, embedded.Nodes()[0].Address), loginAt(t, stock, stock.Nodes()[0].Address)
	for _, protocol := range []string{"2", "3"} {
		a.do("HELLO", protocol)
		b.do("HELLO", protocol)
		for _, command := range [][]string{{"CLUSTER", "SHARDS"}, {"CLUSTER", "SLOTS"}, {"CLUSTER", "KEYSLOT", "{a}{b}"}, {"CLUSTER", "KEYSLOT", "{}x"},
			{"CLUSTER", "KEYSLOT", "a{b"}, {"CLUSTER", "KEYSLOT", "x{y}z"}, {"CLUSTER", "NONSENSE"}, {"CLUSTER", "KEYSLOT"}, {"CLUSTER", "REPLICAS", "nobody"}, {"READONLY"}} {
			if got, want := shape(a.do(command...), embedded), shape(b.do(command...), stock); got != want {
				t.Errorf("RESP%s %v: got\n%s\nwant\n%s", protocol, command, got, want)
			}
		}
	}
}

// shape hides what differs from server to server: ids, ports, the offset, and the list of further names of a node.
func shape(reply string, s *emulator.Server) string {
	for i, n := range s.Nodes() {
		_, port, _ := net.SplitHostPort(n.Address)
		reply = strings.NewReplacer(n.ID, fmt.Sprint("id", i), ":"+port+"\r\n", fmt.Sprint(":port", i, "\r\n")).Replace(reply)
	}
	lines := strings.Split(reply, "\r\n")
	for i := range lines {
		if i > 0 && lines[i-1] == "replication-offset" {
			lines[i] = "offset"
		}
	}
	return strings.NewReplacer("*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n", "*0\r\n", "%1\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n", "%0\r\n").Replace(strings.Join(lines, "\r\n"))
}

// A public endpoint speaks TLS 1.3 and nothing less, and has one port.
func TestPublicEndpointWantsTLS13(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, playing(emulator.PublicEndpoint, 0, 0), quiet)
	old := s.ClientTLS()
	old.MaxVersion = tls.VersionTLS12
	if err := handshake(t, s, old); err == nil {
		t.Error("TLS 1.2 gets in")
	}
	until(t, func() bool { return len(s.Refusals()) > 0 }) // the client hears of it first
	if reason := lastRefusal(t, s).Reason; reason != emulator.HandshakeFailed {
		t.Errorf("reason %q", reason)
	}
	w := login(t, s)
	w.want("*1\r\n*3\r\n", "CLUSTER", "SLOTS")
	if d := s.Describe(); d.TLSMinVersion != "1.3" || len(d.Endpoints) != 1 || !d.Serverless {
		t.Errorf("%+v", d)
	}
}

// MemoryDB signs for its own service and always speaks the cluster protocol.
func TestMemoryDBIsACluster(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, playing(emulator.MemoryDBCluster, 0, 1))
	if s.Target().Service != valetkey.MemoryDB || s.Nodes()[1].Name != "orders-0001-002" {
		t.Errorf("%+v, %+v", s.Target(), s.Nodes())
	}
	w := login(t, s)
	w.want("*1\r\n*4\r\n", "CLUSTER", "SLOTS")
}

// What no such cache has is refused when the server starts.
func TestProfilesThatCannotBe(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]emulatorConfig{
		"profile \"clustr\"":      {Profile: "clustr"},
		"no cache of service":     {Profile: emulator.NodeBased, Service: valetkey.MemoryDB},
		"with serverless true":    {Profile: emulator.ClusterEnabled, Serverless: true},
		"3 shards":                {Shards: 3},
		"1 replicas":              {Profile: emulator.ServerlessCache, Replicas: 1},
		"want no negative":        {Profile: emulator.NodeBased, Replicas: -1},
		"the embedded engine can": {Profile: emulator.ClusterEnabled, Shards: 3},
		"upstream 127.0.0.1:1":    {Profile: emulator.ClusterEnabled, Upstream: "127.0.0.1:1"},
		"in memory":               {Engine: "valkey-server", InMemory: true},
		"replicas reach":          {Engine: "valkey-server", Profile: emulator.ClusterEnabled, Replicas: 1, NoTLS: true},
		"no-such-server":          {Engine: "no-such-server"},
	} {
		s := &emulator.Server{Config: c}
		if err := s.Start(); err == nil || !strings.Contains(err.Error(), why) || errors.Is(err, emulator.ErrClosed) {
			t.Errorf("%s: %v", why, err)
		}
		s.Close()
	}
}

// Under testing/synctest a whole cache needs no socket, and twelve hours pass at once.
func TestProfileInMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := emulator.New(t, emulator.InMemory, quiet, playing(emulator.NodeBased, 0, 1))
		reader := loginAt(t, s, endpoint(t, s, emulator.ReaderRole))
		reader.want("-READONLY", "SET", "k", "v")
		if err := s.DropNode("orders-002"); err != nil {
			t.Fatal(err)
		}
		reader.ended()
		if _, err := s.Dial(t.Context(), "tcp", s.Nodes()[1].Address); err == nil {
			t.Error("somebody is at the address of a dropped node")
		}
		w := loginAt(t, s, s.Addr())
		time.Sleep(12 * time.Hour)
		w.ended()
		if n := s.Stats().IamAuthenticationExpirations; n != 1 {
			t.Errorf("%d sessions ended", n)
		}
	})
}
