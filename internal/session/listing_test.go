package session

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/internal/topology"
)

// listings are further requests for [script], about where nodes are, and others whose answers only look like that.
var listings = []string{
	cmd("CLUSTER", "SLOTS"), "cluster slots\r\n", cmd("Cluster", "Nodes"), cmd("CLUSTER", "REPLICAS", "x"), cmd("GET", "elsewhere"),
	cmd("SSUBSCRIBE", "elsewhere"), cmd("CLUSTER", "KEYSLOT", "x"), cmd("ECHO", "-MOVED 1 real.example:6379\r\n"), cmd("MULTI"), cmd("EXEC"),
	cmd("GET", "k"), cmd("PING"), cmd("MULTI"), cmd("EXEC"), cmd("CLUSTER", "SLOTS"),
}

// Two names of a node, for the cache and for the client.
const realNode, localNode = "real.example:6379", "127.0.0.9:7001"

func renameNode(nodes []topology.Node, _ bool) (all []netip.AddrPort, err error) {
	for range nodes {
		all = append(all, netip.MustParseAddrPort(localNode))
	}
	return all, nil
}

func chooseListings(picks []byte) (stream []byte) {
	for _, p := range picks {
		if p >= 128 {
			stream = append(stream, listings[int(p)%len(listings)]...)
		} else {
			stream = append(stream, script[int(p)%len(script)]...)
		}
	}
	return stream
}

// checkListings fails unless the client of a machine that renames nodes sees what it sees on a plain connection to a server that uses
// the other names itself.
func checkListings(t *testing.T, seed uint64, picks []byte) (ended string) {
	t.Helper()
	stream := chooseListings(picks)
	plain := newServer()
	plain.trusting, plain.addr = true, localNode
	plain.nosub, plain.noecho, plain.noclient = seed%3 == 0, seed%5 == 0, seed%7 == 0
	// What merely looks like a list of nodes is not touched.
	want := bytes.ReplaceAll(plain.feed(stream), []byte("$14\r\n"+localNode), []byte("$17\r\n"+realNode))
	d := &driver{m: New("app", true), s: newServer(), rnd: rand.New(rand.NewPCG(seed, 1)), refuse: seed%2 == 0}
	d.m.Rename = renameNode
	d.s.addr, d.s.nosub, d.s.noecho, d.s.noclient = realNode, plain.nosub, plain.noecho, plain.noclient
	if seed%4 < 2 {
		d.m.Login = checkLogin
	}
	d.run(stream)
	if len(plain.faults) > 0 {
		t.Fatalf("faults of the plain client: %q", plain.faults)
	}
	if d.m.opaque && len(d.s.faults) > 0 && strings.HasPrefix(d.s.faults[0], "unauthenticated ") {
		return "left alone"
	}
	unlistable := d.m.broken == errUnlistable || d.m.broken != nil && strings.Contains(d.m.broken.Error(), "no login is possible")
	if d.failed != nil && !unlistable {
		t.Fatalf("seed %d, %q: %v", seed, stream, d.failed)
	}
	if len(d.s.faults) > 0 && !d.gaveUp && !unlistable {
		t.Fatalf("seed %d, %q: the server was asked for %q", seed, stream, d.s.faults)
	}
	if !bytes.Equal(d.view, want) && !((d.gaveUp || unlistable) && bytes.HasPrefix(want, d.view)) {
		t.Fatalf("seed %d, %q:\nplain   %q\nthrough %q", seed, stream, want, d.view)
	}
	switch {
	case unlistable:
		return "unlistable"
	case d.m.opaque:
		return "opaque"
	case !bytes.Contains(d.view, []byte("127.0.0.9")):
		return "without nodes"
	}
	return "renamed"
}

// FuzzListings: wherever in a conversation nodes are named, and however the bytes are cut, the client sees the other names there and every
// other byte as it was.
func FuzzListings(f *testing.F) {
	f.Add(uint64(1), []byte{135, 1, 1, 145, 0, 144, 128, 129, 10})
	f.Add(uint64(2), []byte{9, 145, 1, 10, 9, 144, 1, 10, 1})
	f.Add(uint64(3), []byte{15, 145, 1, 16, 145, 1, 17, 145})
	f.Fuzz(func(t *testing.T, seed uint64, picks []byte) {
		if len(picks) > 200 {
			return
		}
		checkListings(t, seed, picks)
	})
}

func TestListingsAgainstModel(t *testing.T) {
	const seed = 20260103
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	ended := map[string]int{}
	for i := range 6000 {
		picks := make([]byte, 1+rnd.IntN(20))
		for j := range picks {
			picks[j] = byte(rnd.IntN(256))
		}
		ended[checkListings(t, uint64(i), picks)]++
	}
	t.Log(ended)
	if ended["renamed"] < 1500 {
		t.Errorf("only %d conversations had nodes in them: the test does not test much", ended["renamed"])
	}
}
