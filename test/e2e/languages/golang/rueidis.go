// Code generated from valkeygo.go by go generate. DO NOT EDIT. The two clients have one interface under two names.

package main

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

type rueidisClient struct{ rueidis.Client }

func connectRueidis(p place) (client, error) {
	c, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{p.addr()}, Username: p.username, Password: p.password, AlwaysRESP2: p.protocol == 2, DisableCache: p.protocol == 2,
	})
	return &rueidisClient{c}, err
}

func (c *rueidisClient) set(ctx context.Context, key, value string) (string, error) {
	return c.Do(ctx, c.B().Set().Key(key).Value(value).Build()).ToString()
}

func (c *rueidisClient) get(ctx context.Context, key string) (string, error) {
	return c.Do(ctx, c.B().Get().Key(key).Build()).ToString()
}

func (c *rueidisClient) incr(ctx context.Context, key string) (int64, error) {
	return c.Do(ctx, c.B().Incr().Key(key).Build()).ToInt64()
}

func (c *rueidisClient) pipeline(ctx context.Context, key string, times int) (replies []int64, err error) {
	var commands rueidis.Commands
	for range times {
		commands = append(commands, c.B().Incr().Key(key).Build())
	}
	for _, r := range c.DoMulti(ctx, commands...) {
		n, err := r.ToInt64()
		if err != nil {
			return nil, err
		}
		replies = append(replies, n)
	}
	return replies, nil
}

func (c *rueidisClient) multi(ctx context.Context, key, copy, value string) (replies []string, err error) {
	err = c.Dedicated(func(dc rueidis.DedicatedClient) error {
		all := dc.DoMulti(ctx, dc.B().Multi().Build(), dc.B().Incr().Key(key).Build(), dc.B().Set().Key(copy).Value(value).Build(),
			dc.B().Get().Key(copy).Build(), dc.B().Exec().Build())
		exec, err := all[4].ToArray()
		for _, m := range exec {
			v, err := m.ToAny()
			if err != nil {
				return err
			}
			replies = append(replies, texts([]any{v})...)
		}
		return err
	})
	return replies, err
}

func (c *rueidisClient) lua(ctx context.Context, script, key, arg string) (replies []string, err error) {
	all, err := rueidis.NewLuaScript(script).Exec(ctx, c, []string{key}, []string{arg}).ToArray()
	for _, m := range all {
		v, err := m.ToAny()
		if err != nil {
			return nil, err
		}
		replies = append(replies, texts([]any{v})...)
	}
	return replies, err
}

func (c *rueidisClient) scan(ctx context.Context, pattern string) (found []string, err error) {
	for cursor, begun := uint64(0), false; cursor != 0 || !begun; begun = true {
		page, err := c.Do(ctx, c.B().Scan().Cursor(cursor).Match(pattern).Count(10).Build()).AsScanEntry()
		if err != nil {
			return nil, err
		}
		cursor = page.Cursor
		found = append(found, page.Elements...)
	}
	return found, nil
}

func (c *rueidisClient) publish(ctx context.Context, channel, message string) (int64, error) {
	return c.Do(ctx, c.B().Publish().Channel(channel).Message(message).Build()).ToInt64()
}

func (c *rueidisClient) rpush(ctx context.Context, key, value string) (int64, error) {
	return c.Do(ctx, c.B().Rpush().Key(key).Element(value).Build()).ToInt64()
}

func (c *rueidisClient) blpop(ctx context.Context, key string, timeout time.Duration) ([]string, error) {
	got, err := c.Do(ctx, c.B().Blpop().Key(key).Timeout(timeout.Seconds()).Build()).AsStrSlice()
	if rueidis.IsRedisNil(err) {
		return nil, nil
	}
	return got, err
}

func (c *rueidisClient) subscribe(ctx context.Context, channel string, subscribed func(), received func(string)) error {
	ctx = rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) { subscribed() })
	return c.Receive(ctx, c.B().Subscribe().Channel(channel).Build(), func(m rueidis.PubSubMessage) { received(m.Message) })
}

func (c *rueidisClient) close() { c.Close() }
