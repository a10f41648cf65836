package proxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// resumed makes n connections, one after another, and counts those whose session was resumed.
func resumed(t *testing.T, server, client *tls.Config, n int) (count int) {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for conn, err := ln.Accept(); err == nil; conn, err = ln.Accept() {
			io.WriteString(conn, "+OK\r\n") // the tickets come before it
			conn.Close()
		}
	}()
	for range n {
		conn, err := tls.Dial("tcp", ln.Addr().String(), client)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(patience))
		if got, err := io.ReadAll(conn); err != nil || string(got) != "+OK\r\n" {
			t.Fatalf("read %q (%v)", got, err)
		}
		if conn.ConnectionState().DidResume {
			count++
		}
		conn.Close()
	}
	return count
}

// Connections to the cache resume the session of one before. A check of the caller's that is made for new sessions only is not evaded.
func TestSessionsAreResumed(t *testing.T) {
	server, roots := selfSigned(t)
	own := &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	if resuming(own) != own {
		t.Error("the caller's own cache was replaced")
	}
	checked := 0
	for name, tt := range map[string]struct {
		cfg  *tls.Config
		want int
	}{
		"as it is": {&tls.Config{RootCAs: roots}, 3},
		"checked": {&tls.Config{RootCAs: roots, VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error {
			checked++
			return nil
		}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := resumed(t, server, resuming(tt.cfg), 4); got != tt.want {
				t.Errorf("%d of 4 sessions resumed, want %d", got, tt.want)
			}
		})
	}
	if checked != 4 {
		t.Errorf("the caller's check was made %d times, want 4", checked)
	}
}

// Tickets are handed out once, the newest first, and not too many are kept.
func TestTickets(t *testing.T) {
	var all tickets
	first, last := &tls.ClientSessionState{}, &tls.ClientSessionState{}
	all.Put("a", first)
	for range maxTickets - 1 {
		all.Put("a", &tls.ClientSessionState{})
	}
	all.Put("a", last)
	all.Put("a", nil)
	if got, ok := all.Get("a"); !ok || got != last {
		t.Error("the first ticket is not the newest")
	}
	count := 1
	for got, ok := all.Get("a"); ok; got, ok = all.Get("a") {
		if count++; got == first {
			t.Error("the oldest ticket was kept")
		}
	}
	if count != maxTickets {
		t.Errorf("%d tickets were kept, want %d", count, maxTickets)
	}
	if _, ok := all.Get("b"); ok {
		t.Error("a ticket for another name")
	}
}

// selfSigned is a server for 127.0.0.1 and what trusts it.
func selfSigned(t *testing.T) (*tls.Config, *x509.CertPool) {
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
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}
