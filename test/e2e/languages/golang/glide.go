//go:build cgo

package main

import (
	"context"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"
	"github.com/valkey-io/valkey-glide/go/v2/models"
	"github.com/valkey-io/valkey-glide/go/v2/options"
	"github.com/valkey-io/valkey-glide/go/v2/pipeline"
)

type glide struct {
	*valkeyglide.Client
	config *config.ClientConfiguration
}

func connectGlide(p place) (client, error) {
	o := config.NewClientConfiguration().WithAddress(&config.NodeAddress{Host: p.host, Port: p.port}).WithRequestTimeout(20 * time.Second)
	if p.username != "" {
		o.WithCredentials(config.NewServerCredentials(p.username, p.password))
	} else if p.password != "" {
		o.WithCredentials(config.NewServerCredentialsWithDefaultUsername(p.password))
	}
	c, err := valkeyglide.NewClient(o)
	return &glide{c, o}, err
}

func (c *glide) set(ctx context.Context, key, value string) (string, error) {
	return c.Set(ctx, key, value)
}

func (c *glide) get(ctx context.Context, key string) (string, error) {
	got, err := c.Get(ctx, key)
	return got.Value(), err
}

func (c *glide) incr(ctx context.Context, key string) (int64, error) { return c.Incr(ctx, key) }

func (c *glide) pipeline(ctx context.Context, key string, times int) (replies []int64, err error) {
	batch := pipeline.NewStandaloneBatch(false)
	for range times {
		batch.Incr(key)
	}
	got, err := c.Exec(ctx, *batch, true)
	for _, v := range got {
		replies = append(replies, v.(int64))
	}
	return replies, err
}

func (c *glide) multi(ctx context.Context, key, copy, value string) ([]string, error) {
	batch := pipeline.NewStandaloneBatch(true)
	batch.Incr(key).Set(copy, value).Get(copy)
	got, err := c.Exec(ctx, *batch, true)
	return texts(got), err
}

func (c *glide) lua(ctx context.Context, script, key, arg string) ([]string, error) {
	s := options.NewScript(script)
	defer s.Close()
	got, err := c.InvokeScriptWithOptions(ctx, *s, *options.NewScriptOptions().WithKeys([]string{key}).WithArgs([]string{arg}))
	all, _ := got.([]any) // nothing is not what is wanted
	return texts(all), err
}

func (c *glide) scan(ctx context.Context, pattern string) (found []string, err error) {
	for cursor := models.NewCursor(); !cursor.IsFinished(); {
		page, err := c.ScanWithOptions(ctx, cursor, *options.NewScanOptions().SetMatch(pattern).SetCount(10))
		if err != nil {
			return nil, err
		}
		cursor = page.Cursor
		found = append(found, page.Data...)
	}
	return found, nil
}

func (c *glide) publish(ctx context.Context, channel, message string) (int64, error) {
	return c.Publish(ctx, channel, message)
}

func (c *glide) rpush(ctx context.Context, key, value string) (int64, error) {
	return c.RPush(ctx, key, []string{value})
}

func (c *glide) blpop(ctx context.Context, key string, timeout time.Duration) ([]string, error) {
	return c.BLPop(ctx, []string{key}, timeout)
}

// subscribe makes a client of its own: in GLIDE a subscription is part of the connection.
func (c *glide) subscribe(ctx context.Context, channel string, subscribed func(), received func(string)) error {
	sub, err := valkeyglide.NewClient(c.config.WithSubscriptionConfig(config.NewStandaloneSubscriptionConfig().
		WithSubscription(config.ExactChannelMode, channel).
		WithCallback(func(m *models.PubSubMessage, _ any) { received(m.Message) }, nil)))
	if err != nil {
		return err
	}
	defer sub.Close()
	subscribed()
	<-ctx.Done()
	return ctx.Err()
}

func (c *glide) close() { c.Close() }
