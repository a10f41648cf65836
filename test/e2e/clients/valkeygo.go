package main

//go:generate sh -c "sed -e 's#github.com/valkey-io/valkey-go#github.com/redis/rueidis#; s/valkeyGo/rueidisClient/g; s/ValkeyGo/Rueidis/g; s/IsValkeyNil/IsRedisNil/g; s/valkey[.]/rueidis./g; s/valkey-go/rueidis/g; /^.*go:generate/d; 1i // Code generated from valkeygo.go by go generate. DO NOT EDIT. The two clients have one interface under two names.\\n' valkeygo.go >rueidis.go && gofmt -w rueidis.go"

import (
	"context"
	"errors"
	"time"

	"github.com/valkey-io/valkey-go"
)

type valkeyGo struct{ valkey.Client }

func connectValkeyGo(l link) (client, error) {
	o := valkey.ClientOption{InitAddress: l.addrs, AlwaysRESP2: l.protocol == 2, DisableCache: l.protocol == 2, DisableRetry: !l.retries()}
	if l.dialer != nil {
		o.DialCtxFn = l.dialer.DialAddr
	} else {
		o.TLSConfig = l.tls
		o.AuthCredentialsFn = func(valkey.AuthCredentialsContext) (valkey.AuthCredentials, error) {
			user, password, err := l.password(context.Background())
			return valkey.AuthCredentials{Username: user, Password: password, RefreshAfter: time.Now().Add(l.session / 2)}, err
		}
	}
	c, err := valkey.NewClient(o)
	if err != nil {
		return nil, err
	}
	return &valkeyGo{c}, nil
}

func (c *valkeyGo) incr(ctx context.Context, key string) (int64, error) {
	return c.Do(ctx, c.B().Incr().Key(key).Build()).AsInt64()
}

func (c *valkeyGo) pipeline(ctx context.Context, keys []string) ([]int64, []error) {
	var commands valkey.Commands
	for _, key := range keys {
		commands = append(commands, c.B().Incr().Key(key).Build())
	}
	replies, errs := make([]int64, len(keys)), make([]error, len(keys))
	for i, r := range c.DoMulti(ctx, commands...) {
		replies[i], errs[i] = r.AsInt64()
	}
	return replies, errs
}

// transact lingers inside MULTI, on a connection of its own. If that takes a second, valkey-go itself queues a PING behind INCR.
func (c *valkeyGo) transact(ctx context.Context, key string, linger time.Duration) (n int64, err error) {
	err = c.Dedicated(func(dc valkey.DedicatedClient) error {
		if err := dc.Do(ctx, dc.B().Watch().Key(key).Build()).Error(); err != nil {
			return err
		}
		if err := dc.Do(ctx, dc.B().Get().Key(key).Build()).Error(); err != nil && !valkey.IsValkeyNil(err) {
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

func (c *valkeyGo) subscribe(ctx context.Context, channel string, got func(string)) error {
	return c.Receive(ctx, c.B().Subscribe().Channel(channel).Build(), func(m valkey.PubSubMessage) { got(m.Message) })
}

func (c *valkeyGo) pop(ctx context.Context, key string, timeout time.Duration) (string, error) {
	got, err := c.Do(ctx, c.B().Blpop().Key(key).Timeout(timeout.Seconds()).Build()).AsStrSlice()
	if valkey.IsValkeyNil(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return got[1], nil
}

// cached keeps what it reads until the server takes it back.
func (c *valkeyGo) cached(ctx context.Context, key string) (string, error) {
	return c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Hour).ToString()
}

func (c *valkeyGo) close() { c.Close() }
