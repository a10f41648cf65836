package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// use does what programs do with go-redis. The keys have a tag in braces, so that a cluster has those of a transaction in one place.
func use(ctx context.Context, client redis.UniversalClient) error {
	if err := client.Set(ctx, "{example}greeting", "hello", 0).Err(); err != nil {
		return err
	}
	return errors.Join(pipeline(ctx, client), transaction(ctx, client), subscribe(ctx, client))
}

func pipeline(ctx context.Context, client redis.UniversalClient) error {
	var greeting *redis.StringCmd
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "{example}name", "world", 0)
		greeting = p.Get(ctx, "{example}greeting")
		return nil
	})
	if err == nil && greeting.Val() != "hello" {
		err = fmt.Errorf("the pipeline read %q", greeting.Val())
	}
	return err
}

// transaction adds one by optimistic locking.
func transaction(ctx context.Context, client redis.UniversalClient) error {
	return client.Watch(ctx, func(tx *redis.Tx) error {
		n, err := tx.Get(ctx, "{example}count").Int()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "{example}count", n+1, 0).Err() })
		return err
	}, "{example}count")
}

func subscribe(ctx context.Context, client redis.UniversalClient) error {
	news := client.Subscribe(ctx, "news")
	defer news.Close()
	if _, err := news.Receive(ctx); err != nil { // subscribed
		return err
	}
	if err := client.Publish(ctx, "news", "hello").Err(); err != nil {
		return err
	}
	_, err := news.ReceiveMessage(ctx)
	return err
}
