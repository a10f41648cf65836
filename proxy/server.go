package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/parked"
)

// A Server accepts clients and gives each an upstream connection. Set its fields, then call Serve; Addr and the Source of its Dialer
// are required. The fields must not change afterwards. All methods may be called concurrently.
type Server struct {
	// Addr is the cache's host:port, which is dialled, and whose host the certificate must have.
	Addr string
	// Dialer makes the upstream connections. Its Observer is told everything, and so is the Server.
	Dialer valetkey.Dialer
	// Name is what logs and statistics call the cache; default Addr.
	Name string
	// User and Password are what clients must send with AUTH or HELLO; without a Password they need nothing. User is "default"
	// if it is empty, the name that AUTH means if it is given a password alone.
	User, Password string
	// AllowUIDs and AllowGIDs, if there are any, say whose processes may connect: those whose effective user is among the first or
	// whose effective group is among the second. They need Unix sockets on Linux; Serve refuses other listeners.
	AllowUIDs, AllowGIDs []uint32
	// LoginTimeout ends a connection that has not sent the Password; default 10 seconds.
	LoginTimeout time.Duration
	// DialTimeout bounds making and authenticating an upstream connection; default 15 seconds.
	DialTimeout time.Duration
	// DrainDelay is how long Shutdown goes on accepting connections, for programs that make new ones while they end; default none.
	DrainDelay time.Duration
	// Recheck is how soon after a failure to reach the cache it is tried again without waiting for a client, more and more
	// seldom up to 12 times that; 0 means never. Without it [Status] goes on telling of the failure until a client comes.
	Recheck time.Duration
	// Cluster says which clients find the nodes of a cluster at listeners of this Server; default ClusterAuto.
	Cluster ClusterMode
	// ClusterPorts are the ports for those listeners, which are where the Server's first TCP listener is, or on loopback; default any.
	ClusterPorts PortRange
	// ClusterLinger is how long a node that the cluster no longer names keeps its listener, at least; default 10 minutes.
	ClusterLinger time.Duration
	// Logger gets one line for a start, an end and each failure to reach the cache, and at debug level one for each connection;
	// default none.
	Logger *slog.Logger

	starting sync.Once
	resting  sync.Once
	startErr error
	log      *slog.Logger
	facts    facts
	ctx      context.Context // until Close
	cancel   context.CancelFunc
	running  sync.WaitGroup // goroutines, and the directions of connections, which have none at rest
	buffers  buffers

	headStart time.Duration

	nodes      nodes
	nodeDialer *valetkey.Dialer // nil where Dialer does

	mu        sync.Mutex
	phase     phase
	listeners map[net.Listener]struct{}
	clients   map[*client]struct{}
	quiet     chan struct{} // closed when a draining server has no client left
}

type phase uint8

const (
	serving phase = iota
	delaying
	draining
	closed
)

func (s *Server) prepare() error {
	s.starting.Do(func() {
		s.ctx, s.cancel = context.WithCancel(context.Background())
		s.startErr = s.build()
	})
	return s.startErr
}

func (s *Server) build() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("proxy: upstream address: %w", err)
	}
	if s.Dialer.Source == nil {
		return errors.New("proxy: the Dialer has no Source; set it to a Signer or another source of tokens")
	}
	if s.Cluster == ClusterOn && s.choosy() && s.Password == "" {
		return errSharedNodes
	}
	if s.Name == "" {
		s.Name = s.Addr
	}
	s.headStart = positive(s.headStart, headStart)
	s.log = s.Logger
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = s.log.With("target", s.Name)
	s.parkUpstream()
	s.Dialer.TLSConfig = resuming(s.Dialer.TLSConfig)
	s.Dialer.Observer = &watcher{srv: s, next: s.Dialer.Observer}
	s.facts.failed = make(chan struct{}, 1)
	s.listeners, s.clients = map[net.Listener]struct{}{}, map[*client]struct{}{}
	s.nodes.srv = s
	s.buildNodeDialer()
	if s.Recheck > 0 {
		s.running.Go(s.recheck)
	}
	return nil
}

// parkUpstream has connections to the cache made so that they can be waited for without a buffer. A Plaintext Dialer without a DialFunc
// of its own is left as it is, because it has to go on refusing addresses that are not loopback.
func (s *Server) parkUpstream() {
	dial := s.Dialer.DialFunc
	if dial == nil && s.Dialer.Plaintext {
		return
	}
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	s.Dialer.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return parked.New(conn), nil
	}
}

// Serve accepts clients on ln until ctx ends or Close or Shutdown is called, and returns nil when the last of them is gone. Any
// other end of the listener is an error. It may be called for several listeners; [Listen] makes one. It closes ln.
//
// It refuses a listener that other machines can reach unless the Server has a Password.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if err := s.admit(ln); err != nil {
		ln.Close()
		return err
	}
	s.nodes.settle(ln)
	defer context.AfterFunc(ctx, func() { s.Close() })()
	err := s.accept(ln, nil)
	s.forget(ln)
	if s.stopped() {
		<-s.ctx.Done()
		s.running.Wait()
		return nil
	}
	return fmt.Errorf("proxy: accept on %s: %w", ln.Addr(), err)
}

// admit takes a listener in, if it may be served.
func (s *Server) admit(ln net.Listener) error {
	if err := s.prepare(); err != nil {
		return err
	}
	if s.Password == "" && !Private(ln.Addr()) {
		return fmt.Errorf("proxy: listen on %s: %w", ln.Addr(), ErrOpen)
	}
	if s.choosy() && !canChoose(ln.Addr()) {
		return fmt.Errorf("proxy: listen on %s: %w", ln.Addr(), ErrNoPeers)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase >= draining {
		return ErrClosed
	}
	s.listeners[ln] = struct{}{}
	s.resting.Do(func() { s.running.Go(s.rest) }) // with the lock held, as all that may come before Close waits for what is running
	return nil
}

// ErrClosed is the error of a Server that has been closed or shut down.
var ErrClosed = errors.New("proxy: server closed")

// ErrOpen refuses a listener without a password that other machines can reach.
var ErrOpen = errors.New("other machines can reach it, and no password is asked for: anybody could use the cache")

// Private reports whether only this machine can reach a listener: it is a Unix socket or on a loopback address.
func Private(a net.Addr) bool {
	if a.Network() == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(a.String())
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

func (s *Server) forget(ln net.Listener) {
	ln.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, ln)
}

func (s *Server) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase >= draining
}

// accept takes clients until the listener ends. A shortage, such as of file descriptors, passes.
func (s *Server) accept(ln net.Listener, of *node) error {
	pause := 5 * time.Millisecond
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			s.take(conn, of)
			pause = 5 * time.Millisecond
		case s.stopped() || errors.Is(err, net.ErrClosed) || !temporary(err):
			return err
		default:
			s.log.Error("cannot accept a connection", "err", err)
			s.sleep(pause)
			pause = min(2*pause, time.Second)
		}
	}
}

// serveNode takes clients for a node.
func (s *Server) serveNode(of *node) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase >= draining {
		return ErrClosed
	}
	s.listeners[of.ln] = struct{}{}
	s.running.Go(func() {
		if err := s.accept(of.ln, of); !errors.Is(err, net.ErrClosed) {
			s.log.Error("cannot go on listening for a node", "node", of.addr, "err", err)
		}
		s.forget(of.ln)
		s.nodes.close(of)
	})
	return nil
}

func temporary(err error) bool {
	e, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && e.Temporary()
}

// sleep waits, unless the server is closed.
func (s *Server) sleep(d time.Duration) {
	select {
	case <-s.ctx.Done():
	case <-time.After(d):
	}
}

// take serves a client, unless the server is ending.
func (s *Server) take(conn net.Conn, of *node) {
	c := &client{srv: s, conn: conn, idle: parked.New(conn), node: of, since: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase >= draining {
		conn.Close()
		return
	}
	s.clients[c] = struct{}{}
	s.facts.accepted()
	of.count(1)
	s.running.Add(1)
	go c.serve()
}

// lose takes leave of a client.
func (s *Server) lose(c *client, end *ending) {
	defer s.running.Done()
	s.facts.ended(end.reason)
	c.node.count(-1)
	s.logEnd(c, end.reason, end.err, time.Since(c.since))
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
	if len(s.clients) == 0 && s.quiet != nil {
		close(s.quiet)
		s.quiet = nil
	}
}
