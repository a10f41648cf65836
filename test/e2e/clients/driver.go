package main

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/valetkey/valetkey"
)

// A client is what the workloads need of one.
type client interface {
	// incr increments a key.
	incr(ctx context.Context, key string) (int64, error)
	// pipeline increments the keys in one pipeline. Errors are those of the keys.
	pipeline(ctx context.Context, keys []string) ([]int64, []error)
	// transact increments the key by optimistic locking, and lingers over it as far as the client's interface allows.
	transact(ctx context.Context, key string, linger time.Duration) (int64, error)
	// subscribe hands over messages until ctx ends or the subscription does.
	subscribe(ctx context.Context, channel string, got func(string)) error
	// pop takes from a list. A timeout of 0 is none. What it returns when nothing came is "".
	pop(ctx context.Context, key string, timeout time.Duration) (string, error)
	// cached reads a key by way of the client's cache.
	cached(ctx context.Context, key string) (string, error)
	close()
}

// A driver makes clients of one kind.
type driver struct {
	name    string
	prepare func() // before the first client, if not nil
	connect func(link) (client, error)
	own     []string // the client's own mechanisms
	kept    bool     // it dials for itself, and is given tokens by glide.Keep
	missing string   // why it cannot be run here

	noCluster, noRESP2, noRESP3, noClusterCaching, noOwnCaching bool
}

// ours is what this project does for the client.
func (d *driver) ours() string {
	if d.kept {
		return kept
	}
	return dialed
}

func drivers() []*driver {
	return []*driver{
		{name: "go-redis", connect: connectGoRedis, own: []string{"streaming provider", "ConnMaxLifetime"}, noClusterCaching: true, noOwnCaching: true},
		{name: "valkey-go", connect: connectValkeyGo, own: []string{"RefreshAfter"}},
		{name: "rueidis", connect: connectRueidis, own: []string{"RefreshAfter"}},
		{name: "redigo", connect: connectRedigo, own: []string{"MaxConnLifetime"}, noCluster: true, noRESP3: true},
		glideDriver(),
	}
}

// A link is what a client is connected with.
type link struct {
	cell
	addrs   []string
	session time.Duration
	source  valetkey.Source
	tls     *tls.Config
	ca      string // file of the certificate that tls trusts
	target  valetkey.Target
	// dialer is nil for the clients' own mechanisms.
	dialer *valetkey.Dialer
}

// retries reports whether the client may try again what has failed. Under the Dialer it may not, so that nothing is glossed over; the exception
// is a reader that a command blocks for longer than a session, who is promised that trying again does it.
func (l link) retries() bool { return l.dialer == nil || l.workload.outlasts }

// password asks for a token, for the clients' own mechanisms.
func (l link) password(ctx context.Context) (user, password string, err error) {
	t, err := l.source.Token(ctx)
	return t.User(), t.Secret(), err
}

// pause waits for d, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
