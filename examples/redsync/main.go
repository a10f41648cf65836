// Command redsync locks and unlocks over connections that stay authenticated. redsync takes a pool made of any client's, here go-redis's, so the
// wiring is that client's.
package main

import (
	"context"
	"flag"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

func main() { cache.Main(run) }

func run(ctx context.Context, args []string) error {
	c, err := cache.Open(ctx, flag.NewFlagSet("redsync", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	rdb := newClient(c)
	defer rdb.Close()
	locks := redsync.New(goredis.NewPool(rdb))
	return c.Repeat(ctx, func(ctx context.Context) error { return lock(ctx, locks) })
}

func newClient(c *cache.Cache) *redis.Client {
	options := &redis.Options{Addr: c.Addr, Dialer: c.Dialer.DialContext}
	if c.Pull { // see goredis for what this leaves out
		options = &redis.Options{Addr: c.Addr, TLSConfig: c.TLS, CredentialsProviderContext: c.Credentials}
	}
	return redis.NewClient(options)
}

func lock(ctx context.Context, locks *redsync.Redsync) error {
	mutex := locks.NewMutex("example-lock")
	if err := mutex.LockContext(ctx); err != nil {
		return err
	}
	_, err := mutex.UnlockContext(ctx)
	return err
}
