package emulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The files that TLSDir holds. Server certificates are made afresh at each start and stay in memory.
const (
	caCertFile = "ca.pem"
	caKeyFile  = "ca-key.pem"
)

// certificateLife is long because tests under testing/synctest begin in the year 2000 and may sleep their way to today.
const certificateLife = 40 * 365 * 24 * time.Hour

// An authority signs the server's certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := certificateTemplate("valetkey emulator CA")
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert: cert, key: key}, err
}

func certificateTemplate(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.Add(certificateLife),
	}, nil
}

// issue makes a server certificate for localhost and the names given: host names or IP addresses.
func (a *authority) issue(names []string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template, err := certificateTemplate("localhost")
	if err != nil {
		return tls.Certificate{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range append([]string{"localhost", "127.0.0.1", "::1"}, names...) {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}, nil
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// openAuthority returns the authority kept in dir, and keeps a new one there if the directory holds none. Without a dir the
// authority lives in memory only.
func openAuthority(dir string) (*authority, error) {
	if dir == "" {
		return newAuthority()
	}
	a, err := loadAuthority(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return createAuthority(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; remove %s and %s from %s, or name another directory", err, caCertFile, caKeyFile, dir)
	}
	return a, nil
}

func createAuthority(dir string) (*authority, error) {
	a, err := newAuthority()
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := writePEM(filepath.Join(dir, caKeyFile), 0o600, "PRIVATE KEY", key); err != nil {
		return nil, err
	}
	return a, writePEM(filepath.Join(dir, caCertFile), 0o644, "CERTIFICATE", a.cert.Raw)
}

// writePEM creates the file and never replaces one.
func writePEM(path string, mode fs.FileMode, kind string, der []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if err := errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Close()); err != nil {
		return err
	}
	return os.Chmod(path, mode) // whatever the umask made of it
}

// loadAuthority reads an authority. The error is fs.ErrNotExist only if the directory holds neither of its files.
func loadAuthority(dir string) (*authority, error) {
	certDER, certErr := readPEM(filepath.Join(dir, caCertFile))
	keyDER, keyErr := readPEM(filepath.Join(dir, caKeyFile))
	if errors.Is(certErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return nil, fmt.Errorf("half a certificate authority: %v", err)
	}
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", caCertFile, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyDER)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", caKeyFile, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("%s is not the key of %s", caKeyFile, caCertFile)
	}
	return &authority{cert: cert, key: key}, validAuthority(cert)
}

func validAuthority(cert *x509.Certificate) error {
	now := time.Now()
	switch {
	case !cert.IsCA:
		return fmt.Errorf("%s is not a certificate authority", caCertFile)
	case now.Before(cert.NotBefore), now.After(cert.NotAfter):
		return fmt.Errorf("%s is good from %s to %s only", caCertFile,
			cert.NotBefore.Format(time.DateOnly), cert.NotAfter.Format(time.DateOnly))
	}
	return nil
}

func readPEM(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	return block.Bytes, nil
}
