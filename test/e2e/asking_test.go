package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/seeded"
	"github.com/valetkey/valetkey/test/e2e/farm"
)

// A migration is a slot that moves from one node of two to the other, with clients that count in it meanwhile.
type migration struct {
	farm                 *farm.Farm
	from, to             *farm.Node
	slot                 string
	seed                 uint64
	dial                 func(n *farm.Node) (net.Conn, error)
	direct, asked, moved atomic.Int64 // how increments found their way
}

const migrationClients = 6

func (*migration) key(i int) string { return "{moving}" + strconv.Itoa(i) }

func startMigration(t *testing.T) *migration {
	t.Helper()
	needs.Server(t)
	f, err := farm.Start(farm.Options{Masters: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	m := &migration{farm: f, from: f.Nodes[0], to: f.Nodes[1], seed: seeded.Seed(t)}
	if _, err := m.from.Do("TYPE", m.key(0)); err != nil {
		m.from, m.to = m.to, m.from
	}
	if m.slot, err = m.from.Do("CLUSTER", "KEYSLOT", m.key(0)); err != nil {
		t.Fatal(err)
	}
	return m
}

// begin has the slot on its way, with all its keys at the other node already: from now on clients have to ask.
func (m *migration) begin() error {
	_, err := m.to.Do("CLUSTER", "SETSLOT", m.slot, "IMPORTING", m.from.ID)
	if err == nil {
		_, err = m.from.Do("CLUSTER", "SETSLOT", m.slot, "MIGRATING", m.to.ID)
	}
	for i := range migrationClients {
		if err == nil {
			_, err = m.from.Do("MIGRATE", "127.0.0.1", strconv.Itoa(m.to.Port), m.key(i), "0", "5000")
		}
	}
	return err
}

func (m *migration) end() error {
	_, err := m.to.Do("CLUSTER", "SETSLOT", m.slot, "NODE", m.to.ID)
	_, also := m.from.Do("CLUSTER", "SETSLOT", m.slot, "NODE", m.to.ID)
	return errors.Join(err, also)
}

// count increments a key until ctx is over, wherever it is, as a cluster client does, and checks every reply.
func (m *migration) count(ctx context.Context, i int) error {
	rnd := rand.New(rand.NewPCG(m.seed, uint64(i)))
	var at [2]*plainClient
	for k, n := range []*farm.Node{m.from, m.to} {
		c, err := m.dial(n)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(2 * checkerPatience))
		at[k] = &plainClient{Conn: c, replies: resp.NewReplyReader(c)}
	}
	for n := 1; ctx.Err() == nil; n++ {
		got, way, err := m.increment(rnd, at[0], at[1], m.key(i))
		if want := ":" + strconv.Itoa(n) + "\r\n"; err != nil || got != want {
			return fmt.Errorf("increment %d of %s: %q, %w, want %q", n, m.key(i), got, err, want)
		}
		way.Add(1)
	}
	return nil
}

// increment asks the first node, and the other when it is told to. There it leaves a little time between ASKING, which is for the next command
// alone, and that command.
func (m *migration) increment(rnd *rand.Rand, first, other *plainClient, key string) (got string, way *atomic.Int64, err error) {
	if err = first.send("INCR", key); err == nil {
		got, err = first.read()
	}
	switch {
	case strings.HasPrefix(got, "-MOVED "+m.slot+" "):
		way = &m.moved
		err = errors.Join(err, other.send("INCR", key))
	case strings.HasPrefix(got, "-ASK "+m.slot+" "):
		way = &m.asked
		if rnd.IntN(3) == 0 {
			_, err = other.Write(append(resp.AppendCommand(nil, "ASKING"), resp.AppendCommand(nil, "INCR", key)...))
			err = errors.Join(err, other.expect("+OK\r\n"))
			break
		}
		err = errors.Join(err, other.ask("+OK\r\n", "ASKING"))
		pause(context.Background(), time.Duration(rnd.IntN(8000))*time.Microsecond)
		err = errors.Join(err, other.send("INCR", key))
	default:
		return got, &m.direct, err
	}
	if err == nil {
		got, err = other.read()
	}
	return got, way, err
}

// run has everybody count before, during and after the migration, so many times each, and returns what went wrong with whom.
func (m *migration) run(t *testing.T, each int64) []error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*checkerPatience)
	defer cancel()
	errs := make([]error, migrationClients)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = m.count(ctx, i) })
	}
	over := make(chan struct{})
	go func() { wg.Wait(); close(over) }()
	reach := func(n *atomic.Int64) {
		for n.Load() < each {
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	reach(&m.direct)
	if err := m.begin(); err != nil {
		t.Fatal(err)
	}
	reach(&m.asked)
	if err := m.end(); err != nil {
		t.Fatal(err)
	}
	reach(&m.moved)
	cancel()
	<-over
	t.Logf("%d increments went straight, %d were asked for, %d moved", m.direct.Load(), m.asked.Load(), m.moved.Load())
	return errs
}

// While a slot moves between two nodes, connections to both authenticate themselves again every few milliseconds, with real tokens over TLS, and
// never between ASKING and the command that it is for.
func TestAskingWhileASlotMoves(t *testing.T) {
	m := startMigration(t)
	source, err := m.farm.Source("app")
	if err != nil {
		t.Fatal(err)
	}
	seen := &journal{}
	d := &valetkey.Dialer{Source: source, TLSConfig: m.farm.TLS(), RenewAfter: 3 * time.Millisecond, RenewBy: 30 * time.Millisecond, Observer: seen}
	defer d.Close()
	m.dial = func(n *farm.Node) (net.Conn, error) { return d.DialContext(t.Context(), "tcp", n.Addr) }
	for _, err := range m.run(t, 600) {
		if err != nil {
			t.Error(err)
		}
	}
	s := d.Stats()
	t.Logf("renewed %d times, deferred %d times", s.Renewed, s.Deferred)
	if m.direct.Load() == 0 || m.asked.Load() < 600 || m.moved.Load() == 0 || s.Renewed < 300 || s.Failed+s.Replaced+s.Cut != 0 {
		t.Errorf("%+v, failed %q", s, seen.of(valetkey.Failed))
	}
}

// The same with connections that know nothing of ASKING: somebody is told to go where the slot still is.
func TestAskingNoticesCarelessness(t *testing.T) {
	m := startMigration(t)
	m.dial = func(n *farm.Node) (net.Conn, error) {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(n.Port)))
		return &careless{Conn: c, rnd: rand.New(rand.NewPCG(m.seed, uint64(n.Port)))}, err
	}
	if err := errors.Join(m.run(t, 600)...); err == nil || !strings.Contains(err.Error(), "-MOVED") {
		t.Errorf("%v, want an increment that was answered with MOVED", err)
	}
}
