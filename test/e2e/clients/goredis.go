package main

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

type goRedis struct {
	redis.UniversalClient
	stop func()
}

func connectGoRedis(l link) (client, error) {
	if l.cluster {
		return connectGoRedisCluster(l)
	}
	o := &redis.Options{Addr: l.addrs[0], Protocol: l.protocol, MinIdleConns: 3}
	if !l.retries() {
		o.MaxRetries = -1
	}
	if l.workload.caching {
		o.ClientSideCacheConfig = &redis.ClientSideCacheConfig{MaxEntries: 1000}
	}
	stop := func() {}
	switch l.mechanism {
	case dialed, never:
		o.Dialer = l.dialer.DialContext
	case "streaming provider":
		s := newStream(l)
		o.TLSConfig, o.StreamingCredentialsProvider, stop = l.tls, s, s.stop
	default:
		o.TLSConfig, o.CredentialsProviderContext = l.tls, l.password
		o.ConnMaxLifetime, o.ConnMaxLifetimeJitter = l.session*22/24, l.session/24
	}
	return &goRedis{redis.NewClient(o), stop}, nil
}

func connectGoRedisCluster(l link) (client, error) {
	o := &redis.ClusterOptions{Addrs: l.addrs, Protocol: l.protocol, MinIdleConns: 1}
	if !l.retries() {
		o.MaxRetries = -1
	}
	stop := func() {}
	switch l.mechanism {
	case dialed, never:
		o.Dialer = l.dialer.DialContext
	case "streaming provider":
		s := newStream(l)
		o.TLSConfig, o.StreamingCredentialsProvider, stop = l.tls, s, s.stop
	default:
		o.TLSConfig, o.CredentialsProviderContext = l.tls, l.password
		o.ConnMaxLifetime, o.ConnMaxLifetimeJitter = l.session*22/24, l.session/24
	}
	return &goRedis{redis.NewClusterClient(o), stop}, nil
}

func (c *goRedis) incr(ctx context.Context, key string) (int64, error) {
	return c.Incr(ctx, key).Result()
}

func (c *goRedis) pipeline(ctx context.Context, keys []string) ([]int64, []error) {
	p := c.Pipeline()
	commands := make([]*redis.IntCmd, len(keys))
	for i, key := range keys {
		commands[i] = p.Incr(ctx, key)
	}
	p.Exec(ctx) // each command has its error
	replies, errs := make([]int64, len(keys)), make([]error, len(keys))
	for i, cmd := range commands {
		replies[i], errs[i] = cmd.Result()
	}
	return replies, errs
}

// transact lingers between WATCH and MULTI: what follows, go-redis sends at once.
func (c *goRedis) transact(ctx context.Context, key string, linger time.Duration) (n int64, err error) {
	err = c.Watch(ctx, func(tx *redis.Tx) error {
		if err := tx.Get(ctx, key).Err(); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		pause(ctx, linger)
		var incr *redis.IntCmd
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			incr = p.Incr(ctx, key)
			return nil
		})
		if err == nil {
			n = incr.Val()
		}
		return err
	}, key)
	return n, err
}

func (c *goRedis) subscribe(ctx context.Context, channel string, got func(string)) error {
	sub := c.Subscribe(ctx, channel)
	defer sub.Close()
	defer context.AfterFunc(ctx, func() { sub.Close() })()
	for {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil {
			return err
		}
		got(m.Payload)
	}
}

// pop waits for at least a second, which is the least that go-redis knows.
func (c *goRedis) pop(ctx context.Context, key string, timeout time.Duration) (string, error) {
	if timeout > 0 {
		timeout = max(timeout, time.Second)
	}
	got, err := c.BLPop(ctx, timeout, key).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return got[1], nil
}

// cached is GET, which go-redis answers from its cache if it has one.
func (c *goRedis) cached(ctx context.Context, key string) (string, error) {
	return c.Get(ctx, key).Result()
}

func (c *goRedis) close() {
	c.stop()
	c.Close()
}
