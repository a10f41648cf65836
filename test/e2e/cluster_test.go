package e2e

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/valkey-io/valkey-go"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/test/e2e/farm"
)

const (
	clusterSession   = 2 * time.Second
	clusterLifetimes = 11
)

// A clusterClient is what the load needs of a client.
type clusterClient struct {
	name string
	incr func(ctx context.Context, key string) (int64, error)
	get  func(ctx context.Context, key string) (string, error) // from a replica where there is one
}

// startCluster starts three masters with a replica each, and an emulator in front of all six.
func startCluster(t *testing.T) *farm.Farm {
	t.Helper()
	needs.Server(t)
	f, err := farm.Start(farm.Options{Masters: 3, Replicas: 1, Session: clusterSession})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// clusterClients are two clients for writing and two for reading from replicas, all on one Dialer. They are given one node and find the others.
func clusterClients(t *testing.T, f *farm.Farm, d *valetkey.Dialer) []clusterClient {
	t.Helper()
	seed := f.Nodes[0].Addr
	writer := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{seed}, Dialer: d.DialContext})
	reader := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{seed}, Dialer: d.DialContext, ReadOnly: true})
	t.Cleanup(func() { writer.Close(); reader.Close() })
	o := valkey.ClientOption{InitAddress: []string{seed}, DialCtxFn: d.DialAddr, DisableCache: true}
	return []clusterClient{goRedisCluster("go-redis", writer, reader), valkeyGoCluster(t, "valkey-go", o)}
}

func goRedisCluster(name string, writer, reader *redis.ClusterClient) clusterClient {
	return clusterClient{name,
		func(ctx context.Context, key string) (int64, error) { return writer.Incr(ctx, key).Result() },
		func(ctx context.Context, key string) (string, error) { return reader.Get(ctx, key).Result() }}
}

func valkeyGoCluster(t *testing.T, name string, o valkey.ClientOption) clusterClient {
	t.Helper()
	writer, err := valkey.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(writer.Close)
	o.SendToReplicas = func(cmd valkey.Completed) bool { return cmd.IsReadOnly() }
	reader, err := valkey.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)
	return clusterClient{name,
		func(ctx context.Context, key string) (int64, error) {
			return writer.Do(ctx, writer.B().Incr().Key(key).Build()).AsInt64()
		},
		func(ctx context.Context, key string) (string, error) {
			return reader.Do(ctx, reader.B().Get().Key(key).Build()).ToString()
		}}
}

const clusterKeys = 12 // of each client

func clusterKey(client string, i int) string { return client + "-" + strconv.Itoa(i) }

// A clusterLoad is what the clients' workers count together.
type clusterLoad struct {
	commands atomic.Int64
	mu       sync.Mutex
	wrong    []string
	errs     []string
}

func (l *clusterLoad) note(list *[]string, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, time.Now().Format("05.000 ")+fmt.Sprintf(format, args...))
}

// write increments a key, alone, until ctx ends. After an error either outcome is right.
func (l *clusterLoad) write(ctx context.Context, c clusterClient, key string) {
	doubt := int64(0)
	for last := int64(0); ctx.Err() == nil; pause(ctx, 10*time.Millisecond) {
		got, err := c.incr(context.WithoutCancel(ctx), key)
		l.commands.Add(1)
		if err != nil {
			l.note(&l.errs, "%s INCR %s: %v", c.name, key, err)
			doubt++
			continue
		}
		if got <= last || got > last+1+doubt {
			l.note(&l.wrong, "%s is %d after %d, with %d errors in between", key, got, last, doubt)
		}
		last, doubt = got, 0
	}
}

// read reads keys that never change.
func (l *clusterLoad) read(ctx context.Context, c clusterClient) {
	for n := 0; ctx.Err() == nil; n++ {
		key := "constant-" + strconv.Itoa(n%clusterKeys)
		got, err := c.get(context.WithoutCancel(ctx), key)
		l.commands.Add(1)
		switch {
		case err != nil:
			l.note(&l.errs, "%s GET %s: %v", c.name, key, err)
		case got != key:
			l.note(&l.wrong, "%s is %q", key, got)
		}
		pause(ctx, 5*time.Millisecond)
	}
}

// storeConstants sets the keys that never change, on the replicas too.
func storeConstants(t *testing.T, f *farm.Farm) {
	t.Helper()
	for i := range clusterKeys {
		key := "constant-" + strconv.Itoa(i)
		if _, err := f.Do("SET", key, key); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range f.Nodes[:3] {
		if got, err := n.Do("WAIT", "1", "10000"); err != nil || got != "1" {
			t.Fatalf("replicas that have the keys: %s, %v", got, err)
		}
	}
}

// One Dialer serves every node of a cluster, replicas and new masters included, while sessions end, a replica takes over and slots move.
func TestClusterFailoverAndMigration(t *testing.T) {
	f := startCluster(t)
	storeConstants(t, f)
	source, err := f.Source("app")
	if err != nil {
		t.Fatal(err)
	}
	var seen journal
	d := &valetkey.Dialer{Source: valetkey.Reuse(source, 0), TLSConfig: f.TLS(), SessionLimit: clusterSession, Observer: &seen}
	var load clusterLoad
	ctx, cancel := context.WithTimeout(t.Context(), clusterLifetimes*clusterSession)
	defer cancel()
	var wg sync.WaitGroup
	for _, c := range clusterClients(t, f, d) {
		for i := range clusterKeys {
			wg.Go(func() { load.write(ctx, c, clusterKey(c.name, i)) })
		}
		wg.Go(func() { load.read(ctx, c) })
	}
	pause(ctx, 3*clusterSession)
	if _, err := f.FailOver(f.Nodes[0]); err != nil {
		t.Fatal(err)
	}
	pause(ctx, 3*clusterSession)
	moved := migrate(ctx, t, f)
	wg.Wait()

	s, e := d.Stats(), f.Stats()
	t.Logf("%d commands, %d errors, %d slots moved; dialer: %+v", load.commands.Load(), len(load.errs), moved, s)
	for _, w := range load.wrong {
		t.Error("wrong answer:", w)
	}
	for _, err := range load.errs {
		t.Error("error:", err)
	}
	if s.Cut+s.Replaced+s.Failed+e.IamAuthenticationExpirations+e.Refusals != 0 {
		t.Errorf("cut %v, replaced %v, failed %v, server %+v", seen.of(valetkey.Cut), seen.of(valetkey.Replaced), seen.of(valetkey.Failed), e)
	}
	for i, n := range f.Nodes {
		if got := n.Emulator.Stats().Reauths; got < clusterLifetimes {
			t.Errorf("node %d has renewed %d times", i, got)
		}
	}
	if moved == 0 || load.commands.Load() < 5000 {
		t.Errorf("%d slots moved under %d commands", moved, load.commands.Load())
	}
}

// migrate moves the slots of half of the keys from the node that has them to another master, one after another for about two sessions.
func migrate(ctx context.Context, t *testing.T, f *farm.Farm) (moved int) {
	t.Helper()
	masters, err := f.Masters()
	if err != nil {
		t.Fatal(err)
	}
	for i := range clusterKeys {
		key := clusterKey([]string{"go-redis", "valkey-go"}[i%2], i)
		slot, err := f.Slot(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range masters[:2] { // one of the two has it or gets it, and then the other
			if err := f.MoveSlot(slot, to, func() { pause(ctx, clusterSession/50) }); err != nil {
				t.Fatalf("move the slot of %s: %v", key, err)
			}
		}
		moved++
		pause(ctx, clusterSession/clusterKeys)
	}
	return moved
}
