package signers

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// A tap stands before a cache, with a certificate of the same authority, and sees the tokens that go through.
type tap struct {
	net.Listener
	to *cache

	mu   sync.Mutex
	seen bytes.Buffer
}

func openTap(t *testing.T, to *cache) *tap {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t, filepath.Dir(to.CAFile()))}}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{Listener: ln, to: to}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			open.Go(func() { p.pass(conn) })
		}
	})
	t.Cleanup(func() { ln.Close(); open.Wait() })
	return p
}

func (p *tap) addr() string { return p.Addr().String() }

// pass relays a connection to its end.
func (p *tap) pass(client net.Conn) {
	defer client.Close()
	server, err := tls.Dial("tcp", p.to.Addr(), p.to.ClientTLS())
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, io.TeeReader(client, p)) // whatever ends it, the other side learns of it
		server.Close()
	}()
	_, _ = io.Copy(client, server)
}

// Write notes what a client has sent.
func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Write(b)
}

var tokenForm = regexp.MustCompile(cacheName + `/\?[^\r\n]*X-Amz-[^\r\n]*`)

func (p *tap) tokens() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return tokenForm.FindAllString(p.seen.String(), -1)
}

// certificate makes one for localhost with the emulator's own authority.
func certificate(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	ca, err := tls.LoadX509KeyPair(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, keyErr := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Leaf, &key.PublicKey, ca.PrivateKey)
	if err := errors.Join(keyErr, err); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
