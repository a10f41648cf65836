package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/valkey-io/valkey-go"
)

// A dialer makes connections that are authenticated.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// A client does depth commands at a time, SET and GET of one key in turn.
type client struct {
	do    func() error
	close func()
}

// An opener connects a client by way of dial. It sets and gets values of size bytes, depth commands in one pipeline.
type opener func(ctx context.Context, dial dialer, addr string, size, depth int) (client, error)

// openLoop is the least client there can be: it writes requests that are ready and counts the bytes that come back. What is added
// to a connection weighs heaviest here.
func openLoop(ctx context.Context, dial dialer, addr string, size, depth int) (client, error) {
	conn, err := dial(ctx, "tcp", addr)
	if err != nil {
		return client{}, err
	}
	value := strings.Repeat("x", size)
	set := fmt.Sprintf("*3\r\n$3\r\nSET\r\n$8\r\nkey:loop\r\n$%d\r\n%s\r\n", size, value)
	get := "*2\r\n$3\r\nGET\r\n$8\r\nkey:loop\r\n"
	got := fmt.Sprintf("$%d\r\n%s\r\n", size, value)
	turns := []exchange{{[]byte(set), "+OK\r\n"}, {[]byte(get), got}}
	if depth > 1 {
		turns = []exchange{{[]byte(strings.Repeat(set+get, depth/2)), strings.Repeat("+OK\r\n"+got, depth/2)}}
	}
	buf, n := make([]byte, 1<<20), 0
	do := func() error {
		n++
		return turns[n%len(turns)].run(conn, buf)
	}
	return client{do, func() { conn.Close() }}, turns[0].run(conn, buf)
}

// An exchange is what is sent at once and what has to come back.
type exchange struct {
	send []byte
	want string
}

func (e exchange) run(conn net.Conn, buf []byte) error {
	if _, err := conn.Write(e.send); err != nil {
		return err
	}
	got := buf[:len(e.want)]
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if string(got) != e.want {
		return fmt.Errorf("the server answered %.60q, want %.60q", got, e.want)
	}
	return nil
}

func openGoRedis(ctx context.Context, dial dialer, addr string, size, depth int) (client, error) {
	c := redis.NewClient(&redis.Options{
		Addr: addr, Dialer: dial, PoolSize: 1, MaxRetries: -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	value, n := strings.Repeat("x", size), 0
	do := func() error {
		if n++; n%2 == 0 {
			return sameLength(c.Get(ctx, "key:goredis").Val(), size)
		}
		return c.Set(ctx, "key:goredis", value, 0).Err()
	}
	if depth > 1 {
		do = func() error { return goRedisPipeline(ctx, c, value, depth) }
	}
	return client{do, func() { c.Close() }}, do()
}

func goRedisPipeline(ctx context.Context, c *redis.Client, value string, depth int) error {
	p := c.Pipeline()
	var last *redis.StringCmd
	for range depth / 2 {
		p.Set(ctx, "key:goredis", value, 0)
		last = p.Get(ctx, "key:goredis")
	}
	if _, err := p.Exec(ctx); err != nil {
		return err
	}
	return sameLength(last.Val(), len(value))
}

func sameLength(got string, want int) error {
	if len(got) != want {
		return fmt.Errorf("%d bytes came back, want %d", len(got), want)
	}
	return nil
}

func openValkeyGo(ctx context.Context, dial dialer, addr string, size, depth int) (client, error) {
	c, err := valkey.NewClient(valkey.ClientOption{
		InitAddress: []string{addr}, ForceSingleClient: true, DisableRetry: true, DisableCache: true, PipelineMultiplex: -1,
		DialCtxFn: func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return dial(ctx, "tcp", addr)
		},
	})
	if err != nil {
		return client{}, err
	}
	value, n := strings.Repeat("x", size), 0
	do := func() error {
		if n++; n%2 == 1 {
			return c.Do(ctx, c.B().Set().Key("key:valkeygo").Value(value).Build()).Error()
		}
		got, err := c.Do(ctx, c.B().Get().Key("key:valkeygo").Build()).ToString()
		if err != nil {
			return err
		}
		return sameLength(got, size)
	}
	if depth > 1 {
		do = func() error { return valkeyGoPipeline(ctx, c, value, depth) }
	}
	return client{do, c.Close}, do()
}

func valkeyGoPipeline(ctx context.Context, c valkey.Client, value string, depth int) error {
	cmds := make(valkey.Commands, 0, depth)
	for range depth / 2 {
		cmds = append(cmds, c.B().Set().Key("key:valkeygo").Value(value).Build(), c.B().Get().Key("key:valkeygo").Build())
	}
	for i, r := range c.DoMulti(ctx, cmds...) {
		if err := r.Error(); err != nil {
			return fmt.Errorf("command %s: %w", strconv.Itoa(i), err)
		}
	}
	return nil
}
