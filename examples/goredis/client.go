package main

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

// newClient has the whole wiring in one field. TLSConfig, Username and Password stay empty: the Dialer sees to all three.
func newClient(c *cache.Cache) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:   c.Addr,
		Dialer: c.Dialer.DialContext,
	})
}

// newCluster dials every node, replica and new node with the same field.
func newCluster(c *cache.Cache) *redis.ClusterClient {
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:  []string{c.Addr},
		Dialer: c.Dialer.DialContext,
	})
}

func newRing(c *cache.Cache) *redis.Ring {
	return redis.NewRing(&redis.RingOptions{
		Addrs:  map[string]string{"one": c.Addr},
		Dialer: c.Dialer.DialContext,
	})
}

// newPulling is the other way: go-redis dials and asks for a password each time. It replaces connections between commands before their session
// ends; a subscriber or a connection that is held is cut at its end all the same. A provider also switches go-redis's client-side cache off.
//
// Do not use StreamingCredentialsProvider, which go-redis has for this purpose: version 9.23 panics with it in Watch, and loses connections.
func newPulling(c *cache.Cache) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:                       c.Addr,
		TLSConfig:                  c.TLS,
		CredentialsProviderContext: c.Credentials,
		ConnMaxLifetime:            11 * time.Hour,
		ConnMaxLifetimeJitter:      30 * time.Minute,
	})
}
