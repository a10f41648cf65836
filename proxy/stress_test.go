package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/seeded"
	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// A stress is many clients of all kinds, in rounds: each has a Server of its own, which puts connections to rest and renews them all the time, and
// ends with a drain or is closed.
type stress struct {
	t     *testing.T
	cache *valkeyserver.Server
	new   func() *Server
	told  *tally

	network, addr string
	ending        atomic.Bool // the round's Server may end connections from now on
}

// A tally is what a stress has done.
type tally struct {
	rounds, rested, renewed, clients int64
	replies, late                    atomic.Int64
	mu                               sync.Mutex
	acts                             map[string]int
}

// Clients that pipeline, subscribe, block, say nothing, and leave in all ways get the right replies, and nothing is left behind, however often their
// connections rest, are renewed, cut or drained. VALETKEY_STRESS is how long each of both lasts, VALETKEY_SEED what the clients choose by.
func TestStress(t *testing.T) {
	path, seed, last := needs.Server(t), seeded.Seed(t), seeded.Duration(t, "VALETKEY_STRESS", 1500*time.Millisecond)
	certificate, roots := certified(t)
	for name, build := range map[string]func(cache *valkeyserver.Server) *Server{
		"plaintext": func(cache *valkeyserver.Server) *Server {
			return &Server{Addr: cache.Addr, Dialer: valetkey.Dialer{Source: source{}, Plaintext: true, DialFunc: (&net.Dialer{}).DialContext}}
		},
		"TLS": func(cache *valkeyserver.Server) *Server {
			return &Server{Addr: cache.TLSAddr, Dialer: valetkey.Dialer{Source: source{}, TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cache, err := valkeyserver.Start(t.Context(), valkeyserver.Config{Program: path, TLS: certificate})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cache.Stop() })
			st := &stress{t: t, cache: cache, new: func() *Server { return build(cache) }, told: &tally{acts: map[string]int{}}}
			st.do("ACL", "SETUSER", "app", "on", ">token", "~*", "&*", "+@all")
			st.run(rand.New(rand.NewPCG(seed, 0)), time.Now().Add(last))
		})
	}
}

// certified writes a server's certificate to files.
func certified(t *testing.T) (*valkeyserver.Certificate, *x509.CertPool) {
	t.Helper()
	server, roots := selfSigned(t)
	own := server.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	files := &valkeyserver.Certificate{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	files.CAFile = files.CertFile
	for file, block := range map[string]*pem.Block{files.CertFile: {Type: "CERTIFICATE", Bytes: own.Certificate[0]}, files.KeyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files, roots
}

func (st *stress) run(r *rand.Rand, until time.Time) {
	before := runtime.NumGoroutine() + 1 // the watch of all
	for time.Now().Before(until) && !st.t.Failed() {
		st.round(r)
		eventually(st.t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
		eventually(st.t, "no descriptor is watched", func() bool { return watchedDescriptors(st.t) == 0 })
	}
	w := st.told
	st.t.Logf("%d rounds, %d clients, %d replies, %d answered too late, %d times at rest, %d renewals; %v",
		w.rounds, w.clients, w.replies.Load(), w.late.Load(), w.rested, w.renewed, w.acts)
	if w.rested == 0 || w.renewed == 0 || w.replies.Load() == 0 {
		st.t.Error("the test does not test much")
	}
}

// round is the life of a Server.
func (st *stress) round(r *rand.Rand) {
	const clients = 24
	s, done := st.start(r.IntN(2) == 0)
	st.ending.Store(false)
	ctx, cancel := context.WithCancel(context.Background())
	var acting, disturbing sync.WaitGroup
	for range clients {
		own := rand.New(rand.NewPCG(r.Uint64(), 0))
		acting.Go(func() { st.act(own) })
	}
	own := rand.New(rand.NewPCG(r.Uint64(), 0))
	disturbing.Go(func() { disturb(ctx, own, s) })
	disturbing.Go(func() { renewOften(ctx, s) })
	<-time.After(time.Duration(300+r.IntN(700)) * time.Millisecond)
	st.ending.Store(true)
	st.end(s, r.IntN(4) > 0)
	acting.Wait()

	cancel()
	disturbing.Wait()
	if err := <-done; err != nil {
		st.t.Errorf("Serve: %v", err)
	}
	got := s.Stats()
	st.told.rounds, st.told.clients = st.told.rounds+1, st.told.clients+got.Accepted
	st.told.rested, st.told.renewed = st.told.rested+s.facts.rested.Load(), st.told.renewed+got.Upstream.Renewed
	if got.Open != 0 || len(s.all()) != 0 || got.Ended[UpstreamMalformed] != 0 {
		st.t.Errorf("%d clients left, ended %v", got.Open, got.Ended)
	}
}

func (st *stress) start(unix bool) (*Server, <-chan error) {
	s := st.new()
	sleepless(s)
	if err := s.prepare(); err != nil { // before anybody asks for its clients
		st.t.Fatal(err)
	}
	addr := "127.0.0.1:0"
	if unix {
		addr = "unix:" + filepath.Join(st.t.TempDir(), "s")
	}
	ln, err := Listen(addr)
	if err != nil {
		st.t.Fatal(err)
	}
	st.network, st.addr = ln.Addr().Network(), ln.Addr().String()
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), ln) }()
	return s, done
}

func (st *stress) end(s *Server, patient bool) {
	if !patient {
		s.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		st.t.Errorf("Shutdown: %v", err)
	}
}

// disturb puts connections to rest whenever nothing has gone by for a moment.
func disturb(ctx context.Context, r *rand.Rand, s *Server) {
	for ctx.Err() == nil {
		for _, c := range s.all() {
			for range r.IntN(4) {
				c.rest()
			}
		}
		pause(r)
	}
}

// renewOften renews all connections. Those on which a command blocks are not renewed in time.
func renewOften(ctx context.Context, s *Server) {
	for ctx.Err() == nil {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		s.Dialer.Renew(short)
		<-short.Done()
		cancel()
	}
}

// pause lets some time pass: often none, never much.
func pause(r *rand.Rand) {
	if most := r.IntN(4); most > 0 {
		<-time.After(time.Duration(r.IntN(2000*most)) * time.Microsecond)
	}
}

// act is one client after the other.
func (st *stress) act(r *rand.Rand) {
	for !st.ending.Load() && !st.t.Failed() {
		s := scripts[r.IntN(len(scripts))]
		err := st.perform(s, r)
		if err != nil && !(st.ending.Load() && hasEnded(err)) {
			st.t.Errorf("%s: %v", s.name, err)
		}
		st.told.mu.Lock()
		st.told.acts[s.name]++
		st.told.mu.Unlock()
	}
}

func (st *stress) perform(s script, r *rand.Rand) error {
	conn, err := net.Dial(st.network, st.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	return s.run(&actor{stress: st, Conn: conn, r: r})
}

// hasEnded reports whether an error is what a client sees of a connection that was drained or closed.
func hasEnded(err error) bool {
	for _, end := range []error{errRefused, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED, syscall.ENOENT, syscall.ENOTCONN} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// do has the cache itself do something.
func (st *stress) do(args ...string) string {
	reply, err := st.cache.Do(args...)
	if err != nil {
		st.t.Errorf("%v: %v", args, err)
	}
	return reply
}
