// Command asynq queues tasks and works them off over connections that stay authenticated. asynq sits on go-redis and takes a client of it, so the
// wiring is go-redis's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey/examples/internal/cache"
)

func main() { cache.Main(run) }

// run starts a worker and a client, and queues one task after another, each when the one before is done.
//
// asynq's own RedisClientOpt has a static password and no dialer: do not use it with tokens, its connections could not be made again after 15 minutes.
func run(ctx context.Context, args []string) error {
	c, err := cache.Open(ctx, flag.NewFlagSet("asynq", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	rdb := newClient(c)
	defer rdb.Close() // asynq leaves a client that it was given open
	done := make(chan string, 1)
	worker := asynq.NewServerFromRedisClient(rdb, asynq.Config{Concurrency: 1, LogLevel: asynq.WarnLevel})
	if err := worker.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		done <- string(t.Payload())
		return nil
	})); err != nil {
		return err
	}
	defer worker.Shutdown()
	queue := asynq.NewClientFromRedisClient(rdb)
	return c.Repeat(ctx, func(ctx context.Context) error { return enqueue(ctx, queue, done) })
}

func newClient(c *cache.Cache) *redis.Client {
	options := &redis.Options{Addr: c.Addr, Dialer: c.Dialer.DialContext}
	if c.Pull { // see goredis for what this leaves out
		options = &redis.Options{Addr: c.Addr, TLSConfig: c.TLS, CredentialsProviderContext: c.Credentials}
	}
	return redis.NewClient(options)
}

func enqueue(ctx context.Context, queue *asynq.Client, done <-chan string) error {
	info, err := queue.EnqueueContext(ctx, asynq.NewTask("mail", []byte("hello")))
	if err != nil {
		return err
	}
	select {
	case payload := <-done:
		if payload != "hello" {
			return fmt.Errorf("task %s carried %q", info.ID, payload)
		}
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("task %s has not been worked off", info.ID), ctx.Err())
	}
}
