package e2e

import (
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/seeded"
	"github.com/valetkey/valetkey/proxy"
)

// Every command that the server documents, but for a stated few, with arguments made up from the documentation, in RESP2 and RESP3, in
// pipelines cut at random: through the sidecar it is answered byte for byte as on a plain connection, while the connection behind is
// renewed every 50 milliseconds.
func TestProxyEveryCommand(t *testing.T) {
	seed := seeded.Seed(t)
	v, w := checkerServer(t), checkerServer(t)
	docs := documentation(t, v)
	seen := &journal{}
	p := &proxy.Server{Addr: v.addr(), Cluster: proxy.ClusterOff, Dialer: valetkey.Dialer{Source: fixedSource{valetkey.NewToken("app", "secret", time.Time{})}, Plaintext: true, Observer: seen,
		RenewAfter: 25 * time.Millisecond, RenewBy: 50 * time.Millisecond}}
	addr := startProxy(t, p, "127.0.0.1:0")
	c := &check{ctl: newController(t, v), other: newController(t, w)}
	for _, ctl := range []*controller{c.ctl, c.other} {
		if err := ctl.run("ACL", "SETUSER", "default", "off"); err != nil {
			t.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(seed, 0))
	through := dialApp(t, addr)
	a := &side{Conn: through, ctl: c.ctl, rnd: rnd, reads: rand.New(rand.NewPCG(seed, 1)), eager: true, limit: checkerPatience}
	b := &side{Conn: dialApp(t, w.addr()), ctl: c.other, eager: true, limit: checkerPatience}
	s := &stream{rnd: rand.New(rand.NewPCG(seed, 2))}
	todo := generated(docs)
	for round := range 12 {
		s.want3 = round%2 == 1
		s.speak(s.want3)
		s.rnd.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
		for some := range slices.Chunk(todo, 8) {
			s.populate()
			s.mix(some)
			burst, end := s.take()
			if err := c.compare(a, b, burst, end); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
		}
	}
	stats, err := c.ctl.ask("INFO", "commandstats")
	if err != nil {
		t.Fatal(err)
	}
	checkCoverage(t, docs, stats)
	st := p.Stats()
	t.Logf("%d bursts, %d kB compared; renewed %d times", c.bursts.Load(), c.replied.Load()>>10, st.Upstream.Renewed)
	if st.Upstream.Renewed < 20 || st.Upstream.Failed != 0 || st.Upstream.Replaced != 0 || st.Upstream.Dialed != 1 {
		t.Errorf("%+v, failed %q", st.Upstream, seen.of(valetkey.Failed))
	}
}

// dialApp connects and logs in as app, which the sidecar lets pass and a server wants.
func dialApp(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	reply := make([]byte, len("+OK\r\n"))
	if _, err = conn.Write([]byte("AUTH app secret\r\n")); err == nil {
		_, err = conn.Read(reply)
	}
	if err != nil || string(reply) != "+OK\r\n" {
		t.Fatalf("AUTH: %q, %v", reply, err)
	}
	return conn
}

// populate makes something of every type, for commands to find.
func (s *stream) populate() {
	for _, line := range []string{
		"FLUSHALL", "SET s1 12", "SET s2 a", "HSET h1 a 1 b 2", "HSET h2 c x", "RPUSH l1 a b c", "RPUSH l2 c 10", "SADD t1 a b", "SADD t2 b 10", "SADD single a",
		"ZADD z1 1 a 2 b", "GEOADD z2 13.361389 38.115556 a 15.087269 37.502669 b", "XADD x1 1-1 a 1", "XADD x1 3-3 b 2", "XADD x2 1-1 c 3",
		"XGROUP CREATE x1 g 0", "PFADD p1 a b", "PFADD p2 c", "SET dated x EXAT 4102444800", "SET undated x",
	} {
		s.cmd(strings.Fields(line)...)
	}
	s.cmd("SCRIPT", "LOAD", loadedScript)
	s.cmd("FUNCTION", "LOAD", "REPLACE", loadedLibrary)
}

// mix sends requests of these commands, some of them in a transaction, among what the other streams send.
func (s *stream) mix(some []documented) {
	inMulti := s.rnd.IntN(4) == 0
	if inMulti {
		s.cmd("MULTI")
	}
	for _, d := range some {
		for range 1 + s.rnd.IntN(3) {
			s.cmd(d.request(s)...)
		}
		if !inMulti && s.rnd.IntN(4) == 0 {
			all := []func(*stream){(*stream).transaction, (*stream).silence, (*stream).skip, (*stream).track, (*stream).asking, (*stream).hello,
				(*stream).subscribeAmong, (*stream).inline, (*stream).empty, (*stream).nothingToLeave, (*stream).protocol}
			all[s.rnd.IntN(len(all))](s)
		}
	}
	if inMulti {
		s.cmd("EXEC")
	}
	s.cmd("SELECT", "0")
	if s.three != s.want3 {
		s.speak(s.want3)
	}
}

// checkCoverage holds what the server has counted against what it documents.
func checkCoverage(t *testing.T, docs []documented, stats string) {
	t.Helper()
	var missing, failing []string
	ran, known := 0, map[string]bool{}
	for _, d := range docs {
		known[d.name] = true
		if leftOut()[d.name] != "" {
			continue
		}
		found := regexp.MustCompile(`cmdstat_` + regexp.QuoteMeta(d.name) + `:calls=(\d+),.*failed_calls=(\d+)`).FindStringSubmatch(stats)
		switch {
		case found == nil || found[1] == "0":
			missing = append(missing, d.name)
		case found[1] == found[2]:
			failing = append(failing, d.name)
			ran++
		default:
			ran++
		}
	}
	t.Logf("%d commands documented, %d run, %d left out; only refused here: %s", len(docs), ran, len(leftOut()), failing)
	if len(missing) > 0 || ran < 300 {
		t.Errorf("%d commands run; not run, and not stated: %s", ran, missing)
	}
	for name, why := range leftOut() {
		if !known[name] {
			t.Errorf("%s (%s) is left out, but there is no such command", name, why)
		}
	}
	for name := range givenForms() {
		if !known[name] {
			t.Errorf("there is no command %s to send by hand", name)
		}
	}
}
