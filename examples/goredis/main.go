// Command goredis uses go-redis over connections that stay authenticated: a Client, a ClusterClient or a Ring.
package main

import (
	"context"
	"flag"

	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

func main() { cache.Main(run) }

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("goredis", flag.ContinueOnError)
	ring := flags.Bool("ring", false, "use a Ring of this one server")
	c, err := cache.Open(ctx, flags, args)
	if err != nil {
		return err
	}
	var client redis.UniversalClient
	switch {
	case *ring:
		client = newRing(c)
	case c.Cluster:
		client = newCluster(c)
	case c.Pull:
		client = newPulling(c)
	default:
		client = newClient(c)
	}
	defer client.Close()
	return c.Repeat(ctx, func(ctx context.Context) error { return use(ctx, client) })
}
