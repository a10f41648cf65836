// Code generated from examples/valkeygo by go generate. DO NOT EDIT. The two clients have one interface under two names.

// Command rueidis uses rueidis over connections that stay authenticated, with a standalone server or a cluster.
package main

import (
	"context"
	"flag"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

func main() { cache.Main(run) }

func run(ctx context.Context, args []string) error {
	c, err := cache.Open(ctx, flag.NewFlagSet("rueidis", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	connect := newClient
	if c.Pull {
		connect = newPulling
	}
	client, err := connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	return c.Repeat(ctx, func(ctx context.Context) error { return use(ctx, client) })
}
