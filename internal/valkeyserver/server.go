// Package valkeyserver runs real Valkey or Redis OSS servers on this machine, single ones, replicas and clusters, for the
// emulator, the demonstration and the tests. A server listens on a free loopback port or on a unix socket, is ready when Start
// returns, and ends with Stop; on Linux it also ends with the process that started it, however that ends.
package valkeyserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// startLimit bounds the wait for a server to be ready; a machine with much to do can be slow.
	startLimit = 30 * time.Second
	// tries is how many free ports are tried: somebody else may take one before the server listens.
	tries = 5
)

// A Config says what to run. The zero value is a server with no password and no persistence on a free loopback port.
type Config struct {
	// Program is the server's path, or its name on PATH; default what Find finds.
	Program string
	// Args are further settings in the form of the command line, such as "--maxmemory", "10mb". Others can see them.
	Args []string
	// Password is asked of every client, and sent to the primary that the server follows. It does not appear in the command line.
	Password string
	// Dir is where the server keeps its files; default a directory of its own, which Stop removes.
	Dir string
	// TLS makes the server listen with TLS on a second port. A node of a cluster cannot.
	TLS *Certificate
	// Unix makes the server listen on a unix socket in its directory and on no port at all.
	Unix bool
}

// A Certificate is that of a server, as files in PEM.
type Certificate struct{ CertFile, KeyFile, CAFile string }

// A Server is one process. Its methods are safe for concurrent use.
type Server struct {
	// Network is "tcp" or "unix", and Addr the address in it.
	Network, Addr string
	// Port is the loopback port; 0 with a unix socket. BusPort is that of the cluster's bus, of a node.
	Port, BusPort int
	// TLSAddr is where the server listens with TLS, "" without.
	TLSAddr string
	// Version is the program and its version, such as "valkey-server 8.0.1".
	Version string

	config Config
	path   string
	dir    string
	client client

	mu  sync.Mutex
	run *run
}

// Start runs a server and returns when it answers. The context bounds the start alone.
func Start(ctx context.Context, c Config) (*Server, error) { return start(ctx, c, nil) }

// start tries ports until one is free. more are the arguments that depend on the port chosen for the cluster's bus; nil without.
func start(ctx context.Context, c Config, more func(busPort int) []string) (s *Server, err error) {
	path, err := locate(c.Program)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for range tries {
		if s, err = try(ctx, path, c, more); err == nil || ctx.Err() != nil {
			break
		}
	}
	return s, err
}

func try(ctx context.Context, path string, c Config, more func(busPort int) []string) (_ *Server, err error) {
	s := &Server{Network: "tcp", config: c, path: path, dir: c.Dir}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "valkey-"); err != nil {
			return nil, err
		}
	}
	if c.Unix {
		s.Network, s.Addr = "unix", filepath.Join(s.dir, "socket")
	} else if s.Port, s.BusPort, err = freePorts(); err == nil {
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
		s.takeTLS(s.BusPort)
	}
	if more != nil {
		s.config.Args = append(more(s.BusPort), c.Args...)
	}
	if err == nil {
		err = s.Resume(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// takeTLS uses a port for TLS, if there is a certificate.
func (s *Server) takeTLS(port int) {
	if t := s.config.TLS; t != nil {
		s.TLSAddr, s.BusPort = net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), 0
		s.config.Args = append([]string{"--tls-port", strconv.Itoa(port), "--tls-cert-file", t.CertFile, "--tls-key-file", t.KeyFile,
			"--tls-ca-cert-file", t.CAFile, "--tls-auth-clients", "no"}, s.config.Args...)
	}
}

// Resume runs the process again after Kill, with the same address, settings and files, and returns when it answers.
func (s *Server) Resume(ctx context.Context) error {
	r, err := launch(s.path, s.arguments(), s.secrets(), s.dir)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.mu.Lock()
	s.run = r
	s.mu.Unlock()
	if err := r.ready(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.Version = cmp.Or(r.log.version(filepath.Base(s.path)), filepath.Base(s.path))
	s.client.reset(s.Network, s.Addr, s.config.Password)
	if _, err := s.Do("PING"); err != nil && !answers(err) {
		return fmt.Errorf("%s does not answer: %w", s.path, err)
	}
	return nil
}

// answers reports whether an error is a server's answer all the same: of a replica without its primary, or of one that was given a
// password among its arguments.
func answers(err error) bool {
	return strings.HasPrefix(err.Error(), "MASTERDOWN") || strings.HasPrefix(err.Error(), "NOAUTH")
}

// arguments are the command line: settings on standard input first, then these, of which the last ones win.
func (s *Server) arguments() []string {
	args := []string{"-", "--port", strconv.Itoa(s.Port), "--save", "", "--appendonly", "no", "--dir", s.dir}
	if s.Network == "unix" {
		return append(append(args, "--unixsocket", s.Addr, "--unixsocketperm", "700"), s.config.Args...)
	}
	// A replica is shown to clients once its primary has sent it something, be it a ping.
	return append(append(args, "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"), s.config.Args...)
}

// secrets are the settings that nobody else may see.
func (s *Server) secrets() string {
	if s.config.Password == "" {
		return ""
	}
	return fmt.Sprintf("requirepass %q\nmasterauth %q\n", s.config.Password, s.config.Password)
}

// Await returns when the server has logged a line with that text since it started. It is how to wait for a state without asking
// again and again; a line counts once.
func (s *Server) Await(ctx context.Context, text string) error {
	return s.current().log.await(ctx, text)
}

func (s *Server) current() *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run
}

// Pid is the process's.
func (s *Server) Pid() int { return s.current().cmd.Process.Pid }

// Kill ends the process at once, as a machine that fails, and keeps its files. It returns when the process has ended.
func (s *Server) Kill() {
	if r := s.current(); r != nil {
		r.kill()
	}
	s.client.close()
}

// Stop ends the process and removes its files. Nothing happens to a server that is nil or has been stopped.
func (s *Server) Stop() error {
	if s == nil {
		return nil
	}
	s.Kill()
	if s.config.Dir != "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// Follow makes the server a replica and returns when it has all that the primary has.
func (s *Server) Follow(ctx context.Context, primary *Server) error {
	if _, err := s.Do("REPLICAOF", "127.0.0.1", strconv.Itoa(primary.Port)); err != nil {
		return err
	}
	return s.synced(ctx)
}

// synced waits until the server is a primary, or a replica whose link is up.
func (s *Server) synced(ctx context.Context) error {
	return Poll(ctx, func() (bool, error) {
		info, err := s.Do("INFO", "replication")
		return strings.Contains(info, "role:master") || strings.Contains(info, "master_link_status:up"), err
	})
}

// Poll asks until the answer is yes, an error or the end of the context.
func Poll(ctx context.Context, ask func() (bool, error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not in time: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// freePorts finds two loopback ports that nobody uses at the moment.
func freePorts() (a, b int, err error) {
	for _, port := range []*int{&a, &b} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, 0, err
		}
		defer ln.Close() // both are held until both are found
		*port = ln.Addr().(*net.TCPAddr).Port
	}
	return a, b, nil
}

// A run is one life of a server's process.
type run struct {
	cmd   *exec.Cmd
	log   *journal
	ended chan struct{} // closed when the process has ended
}

// launch starts the process. The thread that starts it waits for it too, because on Linux the process ends with that thread.
func launch(path string, args []string, stdin, dir string) (*run, error) {
	r := &run{cmd: exec.Command(path, args...), log: newJournal(), ended: make(chan struct{})}
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = strings.NewReader(stdin), r.log, r.log
	r.cmd.Dir, r.cmd.SysProcAttr = dir, detached()
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(r.ended)
		err := r.cmd.Start()
		started <- err
		if err == nil {
			_ = r.cmd.Wait() // it is killed: the error says so
			r.log.end()
		}
	}()
	return r, <-started
}

// ready waits for the server's word. Each engine has its own, which all end alike.
func (r *run) ready(ctx context.Context) error {
	if err := r.log.await(ctx, "eady to accept connections"); err != nil {
		return fmt.Errorf("it did not start: %w", err)
	}
	return nil
}

func (r *run) kill() {
	_ = r.cmd.Process.Kill() // the error is that it has ended already
	<-r.ended
}
