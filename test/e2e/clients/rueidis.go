// Code generated from valkeygo.go by go generate. DO NOT EDIT. The two clients have one interface under two names.

package main

import (
	"context"
	"errors"
	"time"

	"github.com/redis/rueidis"
)

type rueidisClient struct{ rueidis.Client }

func connectRueidis(l link) (client, error) {
	o := rueidis.ClientOption{InitAddress: l.addrs, AlwaysRESP2: l.protocol == 2, DisableCache: l.protocol == 2, DisableRetry: !l.retries()}
	if l.dialer != nil {
		o.DialCtxFn = l.dialer.DialAddr
	} else {
		o.TLSConfig = l.tls
		o.AuthCredentialsFn = func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
			user, password, err := l.password(context.Background())
			return rueidis.AuthCredentials{Username: user, Password: password, RefreshAfter: time.Now().Add(l.session / 2)}, err
		}
	}
	c, err := rueidis.NewClient(o)
	if err != nil {
		return nil, err
	}
	return &rueidisClient{c}, nil
}

func (c *rueidisClient) incr(ctx context.Context, key string) (int64, error) {
	return c.Do(ctx, c.B().Incr().Key(key).Build()).AsInt64()
}

func (c *rueidisClient) pipeline(ctx context.Context, keys []string) ([]int64, []error) {
	var commands rueidis.Commands
	for _, key := range keys {
		commands = append(commands, c.B().Incr().Key(key).Build())
	}
	replies, errs := make([]int64, len(keys)), make([]error, len(keys))
	for i, r := range c.DoMulti(ctx, commands...) {
		replies[i], errs[i] = r.AsInt64()
	}
	return replies, errs
}

// transact lingers inside MULTI, on a connection of its own. If that takes a second, rueidis itself queues a PING behind INCR.
func (c *rueidisClient) transact(ctx context.Context, key string, linger time.Duration) (n int64, err error) {
	err = c.Dedicated(func(dc rueidis.DedicatedClient) error {
		if err := dc.Do(ctx, dc.B().Watch().Key(key).Build()).Error(); err != nil {
			return err
		}
		if err := dc.Do(ctx, dc.B().Get().Key(key).Build()).Error(); err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
		if err := dc.Do(ctx, dc.B().Multi().Build()).Error(); err != nil {
			return err
		}
		if err := dc.Do(ctx, dc.B().Incr().Key(key).Build()).Error(); err != nil {
			return err
		}
		pause(ctx, linger)
		replies, err := dc.Do(ctx, dc.B().Exec().Build()).ToArray()
		if err != nil {
			return err
		}
		if len(replies) == 0 {
			return errors.New("EXEC has no reply")
		}
		n, err = replies[0].AsInt64()
		return err
	})
	return n, err
}

func (c *rueidisClient) subscribe(ctx context.Context, channel string, got func(string)) error {
	return c.Receive(ctx, c.B().Subscribe().Channel(channel).Build(), func(m rueidis.PubSubMessage) { got(m.Message) })
}

func (c *rueidisClient) pop(ctx context.Context, key string, timeout time.Duration) (string, error) {
	got, err := c.Do(ctx, c.B().Blpop().Key(key).Timeout(timeout.Seconds()).Build()).AsStrSlice()
	if rueidis.IsRedisNil(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return got[1], nil
}

// cached keeps what it reads until the server takes it back.
func (c *rueidisClient) cached(ctx context.Context, key string) (string, error) {
	return c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Hour).ToString()
}

func (c *rueidisClient) close() { c.Close() }
