package valetkey

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/valetkey/valetkey/internal/session"
)

// A Dialer makes connections that are authenticated and stay so: each sends its own AUTH again, unseen by the client above,
// long before the server would cut it. Only Source is required; do not change a Dialer once it is in use. All methods may be
// called concurrently.
//
// The client above must send no credentials of its own.
type Dialer struct {
	// Source hands out the tokens. See [Signer] and [Reuse].
	Source Source
	// TLSConfig is for the connections; nil means the system's roots. ServerName defaults to the host that is dialled.
	TLSConfig *tls.Config
	// Plaintext turns TLS off. Tokens are then sent in the clear, so it works for loopback addresses only, or with a
	// DialFunc, which may know better.
	Plaintext bool
	// DialFunc makes the connections below TLS; nil means a [net.Dialer].
	DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

	// SessionLimit is when the server cuts a connection that has not authenticated again; default 12 hours, the rule of
	// ElastiCache and MemoryDB.
	SessionLimit time.Duration
	// RenewAfter is the age since its last authentication from which a connection is authenticated again at the first quiet
	// moment; default half the SessionLimit. It is spread by up to a tenth.
	RenewAfter time.Duration
	// RenewBy is the age from which the client's requests are held back to make such a moment; default eleven twelfths of the
	// SessionLimit.
	RenewBy time.Duration
	// AuthTimeout bounds one authentication, the fetch of its token included; default 10 seconds.
	AuthTimeout time.Duration
	// Observer is told what happens to the connections; nil means nobody.
	Observer Observer

	tally  tally
	roster roster
	named  sync.Map // from a host to the TLSConfig with its name
}

// DialContext connects to addr and authenticates. Its signature is that of net.Dialer's method and of go-redis's Options.Dialer.
// The error is an [*Error] with one of the reasons CredentialsUnavailable, Refused and ConnectionLost; a connection that is not
// authenticated is never returned.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.dial(ctx, network, addr)
	if err != nil {
		d.emit(Event{Kind: Failed, Addr: addr, Err: err})
		return nil, err
	}
	return c, nil
}

// DialAddr is DialContext over TCP in the shape of valkey-go's and rueidis's ClientOption.DialCtxFn. It uses the Dialer's own TLS
// configuration and ignores the client's.
func (d *Dialer) DialAddr(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
	return d.DialContext(ctx, "tcp", addr)
}

// Renew authenticates every open connection again, now: at once where it is quiet, else by holding its client's requests back for
// a moment. It returns when all have done so, or at the end of ctx; its error joins what went wrong or is still outstanding,
// such as a connection inside MULTI or one that a command blocks. Those are renewed as soon as they can be.
func (d *Dialer) Renew(ctx context.Context) error {
	conns := d.roster.open()
	errs := make([]error, len(conns))
	var wg sync.WaitGroup
	for i, c := range conns {
		wg.Go(func() { errs[i] = c.Renew(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Stats returns the counts so far.
func (d *Dialer) Stats() Stats {
	s := d.tally.stats()
	for _, c := range d.roster.open() {
		s.Open++
		s.OldestAuth = max(s.OldestAuth, c.age())
	}
	return s
}

// Close closes every open connection. The Dialer can still be used.
func (d *Dialer) Close() error {
	var errs []error
	for _, c := range d.roster.open() {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func (d *Dialer) emit(e Event) {
	d.tally.count(e.Kind)
	if d.Observer != nil {
		d.Observer.Observe(e)
	}
}

func (d *Dialer) dial(ctx context.Context, network, addr string) (*Conn, error) {
	schedule, err := d.check(addr)
	if err != nil {
		return nil, &Error{Op: "dial", Subject: addr, Reason: InvalidTarget, Err: err}
	}
	raw, err := d.connect(ctx, network, addr)
	if err != nil {
		return nil, &Error{Op: "dial", Subject: addr, Reason: ConnectionLost, Err: err}
	}
	c, err := d.login(ctx, raw, addr, schedule.Spread(rand.Float64()))
	if err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// check refuses a Dialer that cannot work, before anything is sent.
func (d *Dialer) check(addr string) (session.Schedule, error) {
	if d.Source == nil {
		return session.Schedule{}, errors.New("the Dialer has no Source; set it to a Signer or another source of tokens")
	}
	host, _, err := net.SplitHostPort(addr)
	if d.Plaintext && d.DialFunc == nil && (err != nil || !isLoopback(host)) {
		return session.Schedule{}, errors.New("a token must not be sent in the clear; unset Plaintext, or dial a loopback address")
	}
	return session.NewSchedule(d.SessionLimit, d.RenewAfter, d.RenewBy)
}

// connect makes the connection and its TLS.
func (d *Dialer) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	dial := d.DialFunc
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	raw, err := dial(ctx, network, addr)
	if err != nil || d.Plaintext {
		return raw, err
	}
	conn := tls.Client(raw, d.tlsConfig(addr))
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return conn, nil
}

func (d *Dialer) tlsConfig(addr string) *tls.Config {
	cfg := d.TLSConfig
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.ServerName != "" {
		return cfg
	}
	host, _, _ := net.SplitHostPort(addr)
	if named, ok := d.named.Load(host); ok { // one serves all connections, each of which keeps it
		return named.(*tls.Config)
	}
	cfg = cfg.Clone()
	cfg.ServerName = host
	d.named.Store(host, cfg)
	return cfg
}

func (d *Dialer) authTimeout() time.Duration {
	if d.AuthTimeout > 0 {
		return d.AuthTimeout
	}
	return 10 * time.Second
}
