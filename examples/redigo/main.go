// Command redigo uses a Pool of redigo over connections that stay authenticated. redigo speaks RESP2 and knows no cluster.
package main

import (
	"context"
	"flag"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

func main() { cache.Main(run) }

func run(ctx context.Context, args []string) error {
	c, err := cache.Open(ctx, flag.NewFlagSet("redigo", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	pool := newPool(c)
	if c.Pull {
		pool = newPulling(c)
	}
	defer pool.Close()
	return c.Repeat(ctx, func(ctx context.Context) error { return use(ctx, pool) })
}
