package valkeyserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// certify writes a certificate for 127.0.0.1 that vouches for itself.
func certify(t *testing.T) (*valkeyserver.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := &valkeyserver.Certificate{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	c.CAFile = c.CertFile
	pool := x509.NewCertPool()
	for file, block := range map[string]*pem.Block{c.CertFile: {Type: "CERTIFICATE", Bytes: der}, c.KeyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		text := pem.EncodeToMemory(block)
		pool.AppendCertsFromPEM(text) // which passes over the key
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c, pool
}

// With a certificate there is a second port, with TLS.
func TestServerWithTLS(t *testing.T) {
	t.Parallel()
	certificate, pool := certify(t)
	s := start(t, valkeyserver.Config{Program: programs(t)[0], TLS: certificate})
	want(t, s, "PONG", "PING")
	c, err := tls.Dial("tcp", s.TLSAddr, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("PING\r\n"))
	got := make([]byte, 7)
	if n, err := c.Read(got); err != nil || string(got[:n]) != "+PONG\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}
