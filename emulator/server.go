package emulator

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"sync"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

// A Server plays one cache. Set the fields of its [Config], then call Start, or Serve with a listener. The zero value is
// ready. Its methods are safe for concurrent use; those that describe it (Addr, Target, Source …) need it started.
type Server struct {
	Config

	starting   sync.Once
	startErr   error
	config     Config // with defaults
	users      users
	keys       keyring
	clock      clock
	principals principals
	verifier   verify.Verifier
	deployment *deployment
	restricted map[string]bool // commands, and subcommands behind a bar
	ca         *authority
	tls        *tls.Config // nil: plaintext
	faults     faults
	counters   counters
	ctx        context.Context // until Close
	cancel     context.CancelFunc
	running    sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	lastID    uint64
	conns     map[*conn]struct{}
	listeners []net.Listener
	admin     net.Listener // nil: none
	plane     net.Listener // the control plane's, nil: none
	refusals  []Event
}

// ErrClosed is the error of a server that was closed.
var ErrClosed = errors.New("emulator: server closed")

// prepare makes everything that does not depend on a listener.
func (s *Server) prepare() error {
	s.starting.Do(func() { s.startErr = s.build() })
	return s.startErr
}

func (s *Server) build() error {
	s.config = s.Config.withDefaults()
	if err := s.config.validate(); err != nil {
		return err
	}
	for _, u := range s.config.Users {
		s.users.put(u)
	}
	s.keys.clock = &s.clock
	for _, k := range s.config.Keys {
		s.keys.put(k)
	}
	for _, p := range s.config.Principals {
		s.principals.put(p)
	}
	s.verifier = verify.Verifier{Skew: s.config.ClockSkew, MaxLife: s.config.TokenLife,
		LenientResourceType: s.config.LenientResourceType}
	s.restricted = restrictedCommands(s.config)
	if err := s.buildTLS(); err != nil {
		return err
	}
	if err := s.buildDeployment(); err != nil {
		return err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.conns = map[*conn]struct{}{}
	return nil
}

func (s *Server) buildTLS() error {
	if s.config.NoTLS {
		return nil
	}
	ca, err := openAuthority(s.config.TLSDir)
	if err != nil {
		return fmt.Errorf("emulator: certificate authority: %w", err)
	}
	cert, err := ca.issue(s.config.certificateNames())
	if err != nil {
		return fmt.Errorf("emulator: server certificate: %w", err)
	}
	s.ca = ca
	s.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if s.config.Profile == PublicEndpoint {
		s.tls.MinVersion = tls.VersionTLS13
	}
	return nil
}

// buildDeployment plans the nodes. Those of the embedded engine share it, replicas included: they are never behind. Processes
// are started when the endpoints are known.
func (s *Server) buildDeployment() (err error) {
	s.deployment = newDeployment(s.config)
	switch {
	case s.config.Upstream != "":
		s.deployment.engine = &upstream{network: "tcp", addr: s.config.Upstream, user: s.config.UpstreamUser, password: s.config.UpstreamPassword}
	case s.config.program() == "":
		s.deployment.engine, err = newEmbedded()
	}
	for _, n := range s.deployment.nodes {
		n.backend = s.deployment.engine
	}
	return err
}

// Start listens on the configured address, starts the engine, and serves in the background until Close. In memory it listens
// nowhere.
func (s *Server) Start() error {
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.startConsoles(); err != nil {
		return err
	}
	if s.config.InMemory {
		s.deployment.inMemory()
		return nil
	}
	ln, err := s.listen(0)
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	_, err = s.open(ln)
	return err
}

// Serve accepts connections on ln until ctx ends or Close is called, then closes the server and returns nil when the last
// connection is gone. Any other end of the listener is an error. Where the profile has several endpoints ln is the first one's.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if err := s.prepare(); err != nil {
		ln.Close()
		return err
	}
	if s.config.NoTLS && !loopback(ln.Addr().String()) {
		ln.Close()
		return fmt.Errorf("emulator: plaintext on %s is refused: without TLS only a loopback address is served", ln.Addr())
	}
	ended, err := s.open(ln)
	if err != nil {
		return err
	}
	if err := s.startConsoles(); err != nil {
		s.Close()
		return err
	}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	err = <-ended
	if s.ctx.Err() != nil {
		return s.Close()
	}
	return fmt.Errorf("emulator: %w", err)
}

// adopt takes note of a listener, for clients or as the admin endpoint's, or closes it if the server is closed.
func (s *Server) adopt(ln net.Listener, admin *net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		ln.Close()
		return false
	}
	if admin != nil {
		*admin = ln
		return true
	}
	s.listeners = append(s.listeners, ln)
	return true
}

func (s *Server) accept(ln net.Listener, e *endpoint) error {
	for {
		raw, err := ln.Accept()
		if err != nil {
			return err
		}
		if s.replicasCome(e) {
			s.running.Go(func() { s.sort(raw, e) })
			continue
		}
		s.take(raw, e)
	}
}

// take serves one connection in the background, unless the server is closed, refuses connections or has no node for it.
func (s *Server) take(raw net.Conn, e *endpoint) bool {
	n := s.deployment.pick(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || n == nil || s.faults.refusing() {
		raw.Close()
		return false
	}
	s.lastID++
	c := newConn(s, n, s.lastID, raw)
	s.conns[c] = struct{}{}
	s.running.Go(func() {
		c.serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	})
	return true
}

// connections are those there are, the oldest first.
func (s *Server) connections() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	return all
}

// Close stops listening, closes every connection and returns when all goroutines have ended. Only the first call does
// something; every call waits.
func (s *Server) Close() error {
	if err := s.prepare(); err != nil {
		return nil // there is nothing to close
	}
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	listeners := s.listeners
	if s.admin != nil {
		listeners = append(listeners[:len(listeners):len(listeners)], s.admin)
	}
	s.mu.Unlock()
	s.cancel()
	for _, ln := range listeners {
		ln.Close()
	}
	for _, c := range s.connections() {
		c.close()
	}
	s.running.Wait()
	if first {
		s.deployment.close()
	}
	return nil
}

// memoryAddress is what a server without a socket is called; its certificate is good for that host.
const memoryAddress = "localhost:6379"

// Addr returns the host:port of the first endpoint: the one of a single node, the primary, or the configuration endpoint.
func (s *Server) Addr() string {
	if s.deployment == nil {
		return memoryAddress
	}
	return cmp.Or(s.deployment.address(), memoryAddress)
}

// Target is the cache and the first IAM user as a client names them, with the server's address.
func (s *Server) Target() valetkey.Target {
	user := ""
	for _, u := range s.config.Users {
		if u.iam() {
			user = u.Name
			break
		}
	}
	t := s.config.target(user)
	t.Address = s.Addr()
	return t
}

// URL is the target as a URL that [valetkey.ParseTarget] reads.
func (s *Server) URL() string { return s.Target().URL() }

// CAFile is the certificate authority's file for clients that want a path, "" without a TLS directory.
func (s *Server) CAFile() string {
	if s.TLSDir == "" || s.NoTLS {
		return ""
	}
	return filepath.Join(s.TLSDir, caCertFile)
}

// ClientTLS returns a configuration that trusts the server and nobody else, for whatever address it is reached at; nil if
// the server is plaintext. The configuration is the caller's own.
func (s *Server) ClientTLS() *tls.Config {
	if s.ca == nil {
		return nil
	}
	return &tls.Config{RootCAs: s.ca.pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

func (s *Server) logger() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}
