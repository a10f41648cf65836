package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/valkeyserver"
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
	server  *valkeyserver.Server
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

// start runs valkey-server on free ports and waits until it is ready.
func (s *server) start(ctx context.Context, path string) (err error) {
	cert := filepath.Join(s.dir, "cert.pem")
	s.server, err = valkeyserver.Start(ctx, valkeyserver.Config{
		Program: path, TLS: &valkeyserver.Certificate{CertFile: cert, KeyFile: filepath.Join(s.dir, "key.pem"), CAFile: cert},
		Args: []string{"--maxclients", "12000", "--tcp-backlog", "4096", "--user", user, "on", ">" + password, "~*", "&*", "+@all"},
	})
	if err == nil {
		s.addr, s.plain, s.version = s.server.TLSAddr, s.server.Addr, s.server.Version
	}
	return err
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
	s.server.Stop()
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
