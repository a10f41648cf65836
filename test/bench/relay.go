package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/frugal"
	"github.com/valetkey/valetkey/proxy"
)

// A relay is a way for a client to the server: the sidecar, haproxy, or none.
type relay struct {
	name string
	addr string
	proc process // 0 for none
	stop func()
}

// direct is TLS from the client itself.
func (r *relay) direct() bool { return r.proc == 0 }

// startRelays starts what there is: haproxy is left out where it is not installed, which is said.
func startRelays(ctx context.Context, srv *server, log io.Writer) (all []*relay, stop func(), err error) {
	stop = func() {
		for _, r := range all {
			r.stop()
		}
	}
	starts := []func(context.Context, *server) (*relay, error){startSidecar, startHaproxy}
	for _, start := range starts {
		r, err := start(ctx, srv)
		if errors.Is(err, exec.ErrNotFound) {
			fmt.Fprintf(log, "left out: %v (Debian: apt install haproxy)\n", err)
			continue
		}
		if err != nil {
			stop()
			return nil, nil, err
		}
		all = append(all, r)
	}
	all = append(all, &relay{name: "direct", addr: srv.addr, stop: func() {}})
	return all, stop, nil
}

// startSidecar runs this program as a sidecar in a process of its own, as the command does, but for tokens that never change.
func startSidecar(ctx context.Context, srv *server) (*relay, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "sidecar", "-upstream", srv.addr, "-ca", srv.certificate())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &relay{name: "sidecar", proc: process(cmd.Process.Pid), stop: func() { cmd.Process.Kill(); cmd.Wait() }}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.stop()
		return nil, fmt.Errorf("the sidecar did not start: %w", err)
	}
	r.addr = strings.TrimSpace(line)
	return r, nil
}

// sidecar is the other process.
func sidecar(args []string) error {
	flags := flag.NewFlagSet("sidecar", flag.ContinueOnError)
	upstream, ca := flags.String("upstream", "", "HOST:PORT of the server"), flags.String("ca", "", "file with its certificate")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	ln, err := proxy.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &proxy.Server{Addr: *upstream, DialTimeout: time.Minute, Dialer: valetkey.Dialer{AuthTimeout: time.Minute,
		Source:    fixed{valetkey.NewToken(user, password, time.Time{})},
		TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	go frugal.Tidy(context.Background(), func() int64 { st := s.Stats(); return 2*st.Accepted - st.Open + st.Rested })
	fmt.Println(ln.Addr())
	return s.Serve(context.Background(), ln)
}

// haproxyConfig is as much as haproxy needs to do the same work, and its defaults.
const haproxyConfig = `global
  maxconn 6000
defaults
  mode tcp
  timeout connect 20s
  timeout client 1h
  timeout server 1h
frontend f
  bind %s backlog 4096
  default_backend b
backend b
  server s %s ssl verify required ca-file %s sni str(localhost) verifyhost localhost maxconn 6000
`

func startHaproxy(ctx context.Context, srv *server) (*relay, error) {
	path, err := findHaproxy()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	addr, config := fmt.Sprintf("127.0.0.1:%d", port), filepath.Join(srv.dir, "haproxy.cfg")
	if err := os.WriteFile(config, fmt.Appendf(nil, haproxyConfig, addr, srv.addr, srv.certificate()), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, "-q", "-db", "-f", config)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &relay{name: "haproxy", addr: addr, proc: process(cmd.Process.Pid), stop: func() { cmd.Process.Kill(); cmd.Wait() }}
	if err := answers(ctx, addr); err != nil {
		r.stop()
		return nil, fmt.Errorf("haproxy did not start: %w", err)
	}
	return r, nil
}

// findHaproxy looks where Debian puts it too, which is on root's PATH alone.
func findHaproxy() (string, error) {
	path, err := exec.LookPath("haproxy")
	if err != nil {
		if path, err := exec.LookPath("/usr/sbin/haproxy"); err == nil {
			return path, nil
		}
	}
	return path, err
}

// answers waits until something listens at addr.
func answers(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// haproxyVersion is "HAProxy version V".
func haproxyVersion(ctx context.Context) string {
	path, err := findHaproxy()
	if err != nil {
		return "no haproxy"
	}
	out, err := exec.CommandContext(ctx, path, "-v").Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) < 3 {
		return "haproxy of an unknown version"
	}
	return strings.Join(words[:3], " ")
}
