package emulator_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

// When a primary fails its connections end, its endpoint refuses new ones, and a replica takes over; it comes back as a replica.
func TestDroppedPrimaryIsReplaced(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine func(*emulatorConfig)) {
		s := emulator.New(t, engine, playing(emulator.NodeBased, 0, 2), quiet)
		w := loginAt(t, s, endpoint(t, s, emulator.PrimaryRole))
		w.want("+OK", "SET", "k", "v")
		w.do("WAIT", "2", "30000")
		if err := s.DropNode("orders-001"); err != nil {
			t.Fatal(err)
		}
		w.ended()
		if c, err := net.Dial("tcp", s.Nodes()[0].Address); err == nil {
			c.Close()
			t.Error("the endpoint of a dropped node lets connections in")
		}
		again := loginAt(t, s, endpoint(t, s, emulator.PrimaryRole))
		again.want("$1\r\nv\r\n", "GET", "k")
		again.want("+OK", "SET", "k", "w")
		again.do("WAIT", "1", "30000")
		if err := s.RestoreNode("orders-001"); err != nil {
			t.Fatal(err)
		}
		if n := s.Nodes(); n[0].Down || n[0].Role != emulator.ReplicaRole || n[1].Role != emulator.PrimaryRole {
			t.Errorf("%+v", n)
		}
		old := loginAt(t, s, s.Nodes()[0].Address)
		old.want("$1\r\nw\r\n", "GET", "k")
		old.want("-READONLY", "SET", "k", "x")
	})
}

// In a cluster of real servers a replica takes over the slots, and the restored node finds its place.
func TestDroppedShardIsTakenOver(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, realEngine(t), playing(emulator.ClusterEnabled, 2, 1), quiet)
	first := loginAt(t, s, s.Nodes()[0].Address)
	first.want("+OK", "SET", "b", "v") // slot 3300
	first.want(":1", "WAIT", "1", "30000")
	if err := s.DropNode("orders-0001-001"); err != nil {
		t.Fatal(err)
	}
	first.ended()
	heir := loginAt(t, s, s.Nodes()[2].Address)
	until(t, func() bool { return heir.do("GET", "b") == "$1\r\nv\r\n" })
	other := loginAt(t, s, s.Nodes()[1].Address)
	until(t, func() bool { return strings.HasPrefix(other.do("GET", "b"), "-MOVED 3300 "+s.Nodes()[2].Address) })
	if err := s.RestoreNode("orders-0001-001"); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return s.Nodes()[0].Role == emulator.ReplicaRole })
}

// until asks again and again, for what a cluster needs a while to agree on.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		if ok() {
			return
		}
		<-tick.C
	}
	t.Fatal("not within 1500 attempts")
}

// Names that are none, and caches that show no nodes, are told so; a single node that is dropped leaves nobody to connect to.
func TestDropSaysWhatItCannot(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, quiet)
	if err := s.DropNode("orders-002"); err == nil || !strings.Contains(err.Error(), "orders-001") {
		t.Errorf("got %v", err)
	}
	w := login(t, s)
	if err := s.DropNode("orders-001"); err != nil {
		t.Fatal(err)
	}
	w.ended()
	if err := handshake(t, s, s.ClientTLS()); err == nil {
		t.Error("somebody is there")
	}
	if err := s.RestoreNode("orders-001"); err != nil {
		t.Fatal(err)
	}
	login(t, s).want("+PONG", "PING")
	serverless := emulator.New(t, emulator.InMemory, playing(emulator.ServerlessCache, 0, 0))
	if err := serverless.DropNode("orders-001"); err == nil || !strings.Contains(err.Error(), "has no nodes") {
		t.Errorf("got %v", err)
	}
}

// The admin endpoint drops and restores.
func TestAdminDropsNodes(t *testing.T) {
	t.Parallel()
	a := newAdmin(t, playing(emulator.NodeBased, 0, 1))
	a.post("/drop", `{"node":"orders-001"}`, `{"nodes":[{"name":"orders-001","role":"replica","shard":1,"address":"`+a.Nodes()[0].Address+`","down":true},{"name":"orders-002","role":"primary"`)
	a.post("/restore", `{"node":"orders-001"}`, `"down":false},{`)
	if status, text := a.call("POST", "/drop", `{"node":"x"}`); status != 400 || !strings.Contains(text, "there is no node") {
		t.Errorf("%d %s", status, text)
	}
}
