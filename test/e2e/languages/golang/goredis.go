package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

type goRedis struct{ *redis.Client }

func connectGoRedis(p place) (client, error) {
	return &goRedis{redis.NewClient(&redis.Options{Addr: p.addr(), Username: p.username, Password: p.password, Protocol: p.protocol})}, nil
}

func (c *goRedis) set(ctx context.Context, key, value string) (string, error) {
	return c.Set(ctx, key, value, 0).Result()
}

func (c *goRedis) get(ctx context.Context, key string) (string, error) {
	return c.Get(ctx, key).Result()
}

func (c *goRedis) incr(ctx context.Context, key string) (int64, error) {
	return c.Incr(ctx, key).Result()
}

func (c *goRedis) pipeline(ctx context.Context, key string, times int) (replies []int64, err error) {
	commands, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for range times {
			p.Incr(ctx, key)
		}
		return nil
	})
	for _, cmd := range commands {
		replies = append(replies, cmd.(*redis.IntCmd).Val())
	}
	return replies, err
}

func (c *goRedis) multi(ctx context.Context, key, copy, value string) ([]string, error) {
	var incr *redis.IntCmd
	var set *redis.StatusCmd
	var get *redis.StringCmd
	_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		incr, set, get = p.Incr(ctx, key), p.Set(ctx, copy, value, 0), p.Get(ctx, copy)
		return nil
	})
	return []string{fmt.Sprint(incr.Val()), set.Val(), get.Val()}, err
}

func (c *goRedis) lua(ctx context.Context, script, key, arg string) ([]string, error) {
	got, err := redis.NewScript(script).Run(ctx, c, []string{key}, arg).Slice()
	return texts(got), err
}

// texts writes values as text.
func texts(values []any) (all []string) {
	for _, v := range values {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		all = append(all, fmt.Sprint(v))
	}
	return all
}

func (c *goRedis) scan(ctx context.Context, pattern string) (found []string, err error) {
	keys := c.Scan(ctx, 0, pattern, 10).Iterator()
	for keys.Next(ctx) {
		found = append(found, keys.Val())
	}
	return found, keys.Err()
}

func (c *goRedis) publish(ctx context.Context, channel, message string) (int64, error) {
	return c.Publish(ctx, channel, message).Result()
}

func (c *goRedis) rpush(ctx context.Context, key, value string) (int64, error) {
	return c.RPush(ctx, key, value).Result()
}

func (c *goRedis) blpop(ctx context.Context, key string, timeout time.Duration) ([]string, error) {
	got, err := c.BLPop(ctx, timeout, key).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return got, err
}

func (c *goRedis) subscribe(ctx context.Context, channel string, subscribed func(), received func(string)) error {
	sub := c.Subscribe(ctx, channel)
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		return err
	}
	subscribed()
	for {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil {
			return err
		}
		received(m.Payload)
	}
}

func (c *goRedis) close() { c.Close() }
