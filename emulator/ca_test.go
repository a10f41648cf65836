package emulator_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
)

func TestAuthorityIsKeptAndUsedAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tls")
	option := func(c *emulatorConfig) { c.TLSDir, c.TLSNames = dir, []string{"cache.example", "10.1.2.3"} }
	first := emulator.New(t, option)
	for file, mode := range map[string]os.FileMode{"ca.pem": 0o644, "ca-key.pem": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	pem, err := os.ReadFile(first.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("ca.pem holds no certificate")
	}
	second := emulator.New(t, option)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "cache.example", "10.1.2.3"} {
		conf := second.ClientTLS()
		conf.RootCAs, conf.ServerName = pool, name
		w := dialWith(t, second, conf)
		w.want("-NOAUTH", "PING")
	}
	stranger := emulator.New(t, quiet)
	if err := handshake(t, stranger, second.ClientTLS()); err == nil {
		t.Error("one server's authority vouches for another's certificate")
	}
}

func TestBadAuthorityIsAClearError(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(dir string) error{
		"half a certificate authority": func(dir string) error { return os.Remove(filepath.Join(dir, "ca-key.pem")) },
		"holds no PEM block":           func(dir string) error { return os.WriteFile(filepath.Join(dir, "ca.pem"), nil, 0o644) },
		"is not the key of": func(dir string) error {
			other := t.TempDir()
			emulator.New(t, func(c *emulatorConfig) { c.TLSDir = other })
			key, err := os.ReadFile(filepath.Join(other, "ca-key.pem"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "ca-key.pem"), key, 0o600)
		},
	} {
		dir := t.TempDir()
		emulator.New(t, func(c *emulatorConfig) { c.TLSDir = dir })
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		s := &emulator.Server{Config: emulator.Config{TLSDir: dir}}
		err := s.Start()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "remove") {
			t.Errorf("got %v, want %q and what to do", err, want)
		}
		s.Close()
	}
}

func TestBadConfigIsRefused(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]emulator.Config{
		"plaintext":     {NoTLS: true, Listen: "0.0.0.0:0"},
		"token life":    {TokenLife: 16 * 60 * 1e9},
		"session limit": {SessionLimit: -1},
		"an access key": {Keys: make([]emulatorKey, 1)},
		"name":          {Name: "my cache"},
		"user":          {Users: []emulator.User{{Name: "a b"}}},
	} {
		s := &emulator.Server{Config: c}
		if err := s.Start(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		s.Close()
	}
}
