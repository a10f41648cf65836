package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/valkey-io/valkey-go"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/proxy"
	"github.com/valetkey/valetkey/test/e2e/farm"
)

// drillPause is the time between two things that happen to the cluster.
const drillPause = 2 * time.Second

// A logbook has every address that clients have dialled.
type logbook struct {
	mu    sync.Mutex
	addrs map[string]int
}

func (l *logbook) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	if l.addrs == nil {
		l.addrs = map[string]int{}
	}
	l.addrs[addr]++
	l.mu.Unlock()
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// proxiedCluster is a cluster with a proxy in front, whose own address is the first node's.
func proxiedCluster(t *testing.T) (*farm.Farm, *proxy.Server, string) {
	t.Helper()
	f := startCluster(t)
	source, err := f.Source("app")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy.Server{
		Addr: f.Nodes[0].Addr, ClusterLinger: time.Second,
		Dialer: valetkey.Dialer{Source: valetkey.Reuse(source, 0), TLSConfig: f.TLS(), SessionLimit: clusterSession},
	}
	return f, p, startProxy(t, p, "127.0.0.1:0")
}

// proxiedClients are both clients in both protocols, with their own handshakes and dialers. They are given the proxy's address and find the
// nodes' themselves.
func proxiedClients(t *testing.T, seed string, l *logbook) (all []clusterClient) {
	t.Helper()
	for _, protocol := range []int{2, 3} {
		o := redis.ClusterOptions{Addrs: []string{seed}, Dialer: l.dial, Protocol: protocol, Password: "dummy", ReadTimeout: 20 * time.Second,
			ClusterStateReloadInterval: 5 * time.Second, // it learns of a node that dies by nothing else
			MaintNotificationsConfig:   &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}}
		w := redis.NewClusterClient(&o)
		o.ReadOnly = true
		r := redis.NewClusterClient(&o)
		t.Cleanup(func() { w.Close(); r.Close() })
		all = append(all, goRedisCluster("go-redis-"+strconv.Itoa(protocol), w, r))
		v := valkey.ClientOption{InitAddress: []string{seed}, DisableCache: true, AlwaysRESP2: protocol == 2, ConnWriteTimeout: 20 * time.Second,
			DialCtxFn: func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
				return l.dial(ctx, "tcp", addr)
			}}
		all = append(all, valkeyGoCluster(t, "valkey-go-"+strconv.Itoa(protocol), v))
	}
	return append(all, glideCluster(t, seed)...)
}

// Cluster clients know only ports of the proxy, in both protocols, while sessions end, a replica takes over, a shard comes and goes, and slots
// move there and back.
func TestProxyCluster(t *testing.T) {
	f, p, seed := proxiedCluster(t)
	storeConstants(t, f)
	var dialled logbook
	var load clusterLoad
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var keys []string
	for _, c := range proxiedClients(t, seed, &dialled) {
		for i := range 2 {
			keys = append(keys, clusterKey(c.name, i))
			wg.Go(func() { load.write(ctx, c, clusterKey(c.name, i)) })
		}
		wg.Go(func() { load.read(ctx, c) })
	}
	var listeners []string
	drilled := f.Drill(ctx, drillPause, keys, func(done string) {
		t.Log(done)
		listeners = append(listeners, addresses(p)...)
	})
	pause(ctx, drillPause)
	listeners = append(listeners, addresses(p)...)
	cancel()
	wg.Wait()
	checkProxiedCluster(t, f, p, &load)
	if drilled != nil {
		t.Error(drilled)
	}
	for addr := range dialled.addrs {
		if addr != seed && !slices.Contains(listeners, addr) {
			t.Errorf("a client has dialled %s, which is not the proxy's: %v", addr, listeners)
		}
	}
	if len(dialled.addrs) < 7 {
		t.Errorf("only %v were dialled, want a listener for each node but the first", dialled.addrs)
	}
}

// A node that dies without a word looks dead to its clients: they find the one that takes over, and nothing else.
func TestProxyClusterNodeDies(t *testing.T) {
	f, p, seed := proxiedCluster(t)
	var dialled logbook
	clients := proxiedClients(t, seed, &dialled)
	incr := func() (failed []string) {
		for _, c := range clients {
			for i := range clusterKeys {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if _, err := c.incr(ctx, clusterKey(c.name, i)); err != nil {
					failed = append(failed, fmt.Sprintf("%s key %d: %v", c.name, i, err))
				}
				cancel()
			}
		}
		return failed
	}
	if failed := incr(); len(failed) > 0 {
		t.Fatalf("before: %v", failed)
	}
	listeners := addresses(p)
	if err := f.Kill(f.Nodes[1]); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	failed := incr()
	for ; len(failed) > 0 && time.Now().Before(deadline); failed = incr() {
		t.Logf("%d failed, the first: %s", len(failed), failed[0])
		pause(t.Context(), 100*time.Millisecond)
	}
	if len(failed) > 0 {
		t.Errorf("30 s after another has taken over: %v", failed)
	}
	for addr := range dialled.addrs {
		if addr != seed && !slices.Contains(append(listeners, addresses(p)...), addr) {
			t.Errorf("a client has dialled %s, which is not the proxy's: %v, %v", addr, listeners, addresses(p))
		}
	}
	if e, s := f.Stats(), p.Stats(); len(f.Strangers()) > 0 || e.Connections != s.Upstream.Dialed || !p.Status().Ready {
		t.Errorf("%d connections to the nodes, the proxy has made %d; in plain text came %v; status %+v", e.Connections, s.Upstream.Dialed, f.Strangers(), p.Status())
	}
}

// A node's certificate must have the node's own name, and no token goes to one that has not.
func TestProxyClusterNodeName(t *testing.T) {
	v := startClusterNode(t)
	srv := emulator.New(t, func(c *emulator.Config) { c.Upstream = v.addr() })
	v.announce(t, srv.Addr())
	v.do(t, "CONFIG", "SET", "cluster-announce-hostname", "elsewhere.example")
	p := newProxy(srv)
	p.Dialer.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, srv.Addr())
	}
	ask := func(addr, request string) string {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "%s\r\n", request)
		reply, err := resp.NewReplyReader(conn).Next()
		if err != nil {
			t.Fatal(err)
		}
		return string(reply.Raw)
	}
	if got := ask(startProxy(t, p, "127.0.0.1:0"), "CLUSTER SLOTS"); strings.Contains(got, "elsewhere") || len(addresses(p)) != 1 {
		t.Fatalf("SLOTS: %q, nodes %+v", got, p.Status().Nodes)
	}
	got := ask(addresses(p)[0], "PING")
	if !strings.HasPrefix(got, "-ERR valetkey: ") || !strings.Contains(got, "certificate is valid for") || !strings.Contains(got, "not elsewhere.example") {
		t.Errorf("%q, want an error that names the node", got)
	}
	if e := srv.Stats(); e.Auths != 1 {
		t.Errorf("%d logins, want the first client's alone", e.Auths)
	}
	if st := p.Status(); st.Ready || !strings.Contains(st.Why, "elsewhere.example") {
		t.Errorf("status %+v, want to hear of it", st)
	}
}

// addresses are where the proxy listens for nodes.
func addresses(p *proxy.Server) (all []string) {
	for _, n := range p.Status().Nodes {
		all = append(all, n.Address)
	}
	return all
}

// checkProxiedCluster fails unless every answer was right, and the nodes have seen none but the proxy.
func checkProxiedCluster(t *testing.T, f *farm.Farm, p *proxy.Server, load *clusterLoad) {
	t.Helper()
	s, e := p.Stats(), f.Stats()
	t.Logf("%d commands, %d errors, dialer: %+v; server: %+v; nodes %+v", load.commands.Load(), len(load.errs), s.Upstream, e, p.Status().Nodes)
	for _, w := range load.wrong {
		t.Error("wrong answer:", w)
	}
	for _, err := range load.errs {
		t.Error("error:", err)
	}
	if strangers := f.Strangers(); len(strangers) > 0 || e.Connections != s.Upstream.Dialed {
		t.Errorf("%d connections to the nodes, the proxy has made %d; in plain text came %s", e.Connections, s.Upstream.Dialed, strings.Join(strangers, " "))
	}
	if s.Upstream.Cut+s.Upstream.Replaced+e.IamAuthenticationExpirations+e.Refusals != 0 {
		t.Errorf("cut %d, replaced %v, server %+v", s.Upstream.Cut, s.Replaced, e)
	}
	if e.Reauths < 100 || load.commands.Load() < 5000 {
		t.Errorf("%d renewals under %d commands: the test does not test much", e.Reauths, load.commands.Load())
	}
}
