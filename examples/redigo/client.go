package main

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

// newPool has the whole wiring in one dial option.
func newPool(c *cache.Cache) *redis.Pool {
	return &redis.Pool{
		MaxIdle: 4,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", c.Addr, redis.DialContextFunc(c.Dialer.DialContext))
		},
	}
}

// newPulling is the other way: redigo dials with a fresh token, and the pool replaces connections before their session ends. A
// subscriber, or a connection that is kept out of the pool for so long, is cut.
func newPulling(c *cache.Cache) *redis.Pool {
	return &redis.Pool{
		MaxIdle:         4,
		MaxConnLifetime: 11 * time.Hour,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			user, password, err := c.Credentials(ctx)
			if err != nil {
				return nil, err // redigo would connect without authentication
			}
			return redis.DialContext(ctx, "tcp", c.Addr, redis.DialUseTLS(true), redis.DialTLSConfig(c.TLS),
				redis.DialUsername(user), redis.DialPassword(password))
		},
	}
}
