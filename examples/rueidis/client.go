// Code generated from examples/valkeygo by go generate. DO NOT EDIT. The two clients have one interface under two names.

package main

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

// newClient has the whole wiring in one field, for a standalone server and for every node of a cluster. TLSConfig, Username and Password
// stay empty: the Dialer sees to all three.
func newClient(c *cache.Cache) (rueidis.Client, error) {
	return rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{c.Addr},
		DialCtxFn:   c.Dialer.DialAddr,

		DisableCache: c.Serverless, // which has no CLIENT TRACKING
	})
}

// newPulling is the other way: rueidis dials, asks for a password each time, and again when RefreshAfter has come. It authenticates its
// connections with it, but not one that is checked out or blocked, and a RESP2 subscription ends with it. RefreshAfter must lie in the future,
// or rueidis asks without end. An error would close a healthy connection.
func newPulling(c *cache.Cache) (rueidis.Client, error) {
	return rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{c.Addr},
		TLSConfig:   c.TLS,
		AuthCredentialsFn: func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // rueidis itself waits for ever
			defer cancel()
			user, password, err := c.Credentials(ctx)
			return rueidis.AuthCredentials{Username: user, Password: password, RefreshAfter: time.Now().Add(6 * time.Hour)}, err
		},
	})
}
