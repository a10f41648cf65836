package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
)

const (
	user     = "bench"
	password = "a-password-that-never-changes"
)

// A server is a real valkey-server with TLS and one user, who has a password: what is measured is the client's side alone.
type server struct {
	addr    string // with TLS
	plain   string // without
	version string
	dir     string
	cmd     *exec.Cmd
	dialer  *valetkey.Dialer
}

// fixed is a Source whose token costs nothing, as one from a cache.
type fixed struct{ token valetkey.Token }

func (f fixed) Token(context.Context) (valetkey.Token, error) { return f.token, nil }

func startServer(ctx context.Context) (*server, error) {
	path, err := exec.LookPath("valkey-server")
	if err != nil {
		return nil, fmt.Errorf("%w: install it (Debian: apt install valkey-server)", err)
	}
	s := &server{}
	if s.dir, err = os.MkdirTemp("", "valetkey-bench-"); err != nil {
		return nil, err
	}
	roots, err := writeCertificate(s.dir)
	if err == nil {
		err = s.start(ctx, path)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	s.dialer = &valetkey.Dialer{
		Source:    fixed{valetkey.NewToken(user, password, time.Time{})},
		TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
	}
	return s, nil
}

// start runs valkey-server on a free port and waits until it is ready.
func (s *server) start(ctx context.Context, path string) error {
	version, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return err
	}
	s.version, _, _ = strings.Cut(strings.TrimSpace(string(version)), " sha=")
	port, err1 := freePort()
	plain, err2 := freePort()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	s.addr, s.plain = net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), net.JoinHostPort("127.0.0.1", strconv.Itoa(plain))
	s.cmd = exec.CommandContext(ctx, path, "--port", strconv.Itoa(plain), "--tls-port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", s.dir,
		"--tls-cert-file", filepath.Join(s.dir, "cert.pem"), "--tls-key-file", filepath.Join(s.dir, "key.pem"),
		"--tls-ca-cert-file", filepath.Join(s.dir, "cert.pem"), "--tls-auth-clients", "no", "--save", "", "--appendonly", "no", "--maxclients", "12000", "--tcp-backlog", "4096",
		"--user", user, "on", ">"+password, "~*", "&*", "+@all")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return ready(out)
}

// ready waits for the server's word and leaves its further log unread, but read off.
func ready(log io.Reader) error {
	var last string
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if last = lines.Text(); strings.Contains(last, "Ready to accept connections") {
			go io.Copy(io.Discard, log)
			return nil
		}
	}
	return errors.New("valkey-server ended before it was ready: " + last)
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// certificate is the file with what vouches for the server.
func (s *server) certificate() string { return filepath.Join(s.dir, "cert.pem") }

func (s *server) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	}
	os.RemoveAll(s.dir)
}

// dialConn makes what is measured.
func (s *server) dialConn(ctx context.Context, network, addr string) (net.Conn, error) {
	return s.dialer.DialContext(ctx, network, addr)
}

// dialPlain makes what it is measured against: the same TLS, authenticated once.
func (s *server) dialPlain(ctx context.Context, network, addr string) (net.Conn, error) {
	cfg := s.dialer.TLSConfig.Clone()
	cfg.ServerName = "127.0.0.1"
	conn, err := (&tls.Dialer{Config: cfg}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	auth := exchange{fmt.Appendf(nil, "*3\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(user), user, len(password), password), "+OK\r\n"}
	return conn, auth.run(conn, make([]byte, 5))
}

// writeCertificate makes a certificate for 127.0.0.1 and localhost that vouches for itself.
func writeCertificate(dir string) (*x509.CertPool, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048) // as the caches have
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}}, DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool, errors.Join(
		os.WriteFile(filepath.Join(dir, "cert.pem"), cert, 0o600),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}
