// Code generated from examples/valkeygo by go generate. DO NOT EDIT. The two clients have one interface under two names.

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// use does what programs do with rueidis. The keys have a tag in braces, so that a cluster has those of a transaction in one place.
func use(ctx context.Context, client rueidis.Client) error {
	return errors.Join(pipeline(ctx, client), transaction(ctx, client), cached(ctx, client), subscribe(ctx, client))
}

func pipeline(ctx context.Context, client rueidis.Client) error {
	var errs []error
	for _, r := range client.DoMulti(ctx,
		client.B().Set().Key("{example}greeting").Value("hello").Build(),
		client.B().Get().Key("{example}greeting").Build(),
	) {
		errs = append(errs, r.Error())
	}
	return errors.Join(errs...)
}

// transaction adds one by optimistic locking, on a connection of its own.
func transaction(ctx context.Context, client rueidis.Client) error {
	return client.Dedicated(func(c rueidis.DedicatedClient) error {
		if err := c.Do(ctx, c.B().Watch().Key("{example}count").Build()).Error(); err != nil {
			return err
		}
		n, err := c.Do(ctx, c.B().Get().Key("{example}count").Build()).AsInt64()
		if err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
		results := c.DoMulti(ctx,
			c.B().Multi().Build(),
			c.B().Set().Key("{example}count").Value(fmt.Sprint(n+1)).Build(),
			c.B().Exec().Build())
		return results[len(results)-1].Error()
	})
}

// cached reads a key twice; the second time it comes from the client's own memory, which the server keeps up to date.
func cached(ctx context.Context, client rueidis.Client) error {
	for range 2 {
		if err := client.DoCache(ctx, client.B().Get().Key("{example}greeting").Cache(), time.Minute).Error(); err != nil {
			return err
		}
	}
	return nil
}

func subscribe(ctx context.Context, client rueidis.Client) error {
	c, release := client.Dedicate()
	defer release()
	news := make(chan string, 1)
	ended := c.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) {
		select {
		case news <- m.Message:
		default: // a hook must not wait: the client reads nothing meanwhile, and in a cluster an older message may come late
		}
	}})
	if err := c.Do(ctx, c.B().Subscribe().Channel("news").Build()).Error(); err != nil {
		return err
	}
	if err := client.Do(ctx, client.B().Publish().Channel("news").Message("hello").Build()).Error(); err != nil {
		return err
	}
	select {
	case <-news:
		return nil
	case err := <-ended:
		return fmt.Errorf("the subscription ended: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}
