package main

import (
	"context"
	"errors"
	"time"

	"github.com/gomodule/redigo/redis"
)

type redigo struct{ *redis.Pool }

func connectRedigo(p place) (client, error) {
	var options []redis.DialOption
	if p.password != "" {
		options = append(options, redis.DialPassword(p.password))
	}
	if p.username != "" {
		options = append(options, redis.DialUsername(p.username))
	}
	return &redigo{&redis.Pool{MaxIdle: 4, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", p.addr(), options...) }}}, nil
}

// on runs f with a connection of the pool's.
func on[T any](c *redigo, f func(redis.Conn) (T, error)) (T, error) {
	conn := c.Get()
	defer conn.Close()
	return f(conn)
}

func (c *redigo) set(_ context.Context, key, value string) (string, error) {
	return on(c, func(conn redis.Conn) (string, error) { return redis.String(conn.Do("SET", key, value)) })
}

func (c *redigo) get(_ context.Context, key string) (string, error) {
	return on(c, func(conn redis.Conn) (string, error) { return redis.String(conn.Do("GET", key)) })
}

func (c *redigo) incr(_ context.Context, key string) (int64, error) {
	return on(c, func(conn redis.Conn) (int64, error) { return redis.Int64(conn.Do("INCR", key)) })
}

func (c *redigo) pipeline(_ context.Context, key string, times int) ([]int64, error) {
	return on(c, func(conn redis.Conn) ([]int64, error) {
		for range times {
			conn.Send("INCR", key) // an error shows in what follows
		}
		return redis.Int64s(conn.Do(""))
	})
}

func (c *redigo) multi(_ context.Context, key, copy, value string) ([]string, error) {
	return on(c, func(conn redis.Conn) ([]string, error) {
		conn.Send("MULTI") // an error shows in EXEC
		conn.Send("INCR", key)
		conn.Send("SET", copy, value)
		conn.Send("GET", copy)
		got, err := redis.Values(conn.Do("EXEC"))
		return texts(got), err
	})
}

func (c *redigo) lua(_ context.Context, script, key, arg string) ([]string, error) {
	return on(c, func(conn redis.Conn) ([]string, error) {
		got, err := redis.Values(redis.NewScript(1, script).Do(conn, key, arg))
		return texts(got), err
	})
}

func (c *redigo) scan(_ context.Context, pattern string) ([]string, error) {
	return on(c, func(conn redis.Conn) (found []string, err error) {
		for cursor := "0"; ; {
			page, err := redis.Values(conn.Do("SCAN", cursor, "MATCH", pattern, "COUNT", 10))
			if err != nil {
				return nil, err
			}
			var keys []string
			if _, err := redis.Scan(page, &cursor, &keys); err != nil {
				return nil, err
			}
			if found = append(found, keys...); cursor == "0" {
				return found, nil
			}
		}
	})
}

func (c *redigo) publish(_ context.Context, channel, message string) (int64, error) {
	return on(c, func(conn redis.Conn) (int64, error) { return redis.Int64(conn.Do("PUBLISH", channel, message)) })
}

func (c *redigo) rpush(_ context.Context, key, value string) (int64, error) {
	return on(c, func(conn redis.Conn) (int64, error) { return redis.Int64(conn.Do("RPUSH", key, value)) })
}

func (c *redigo) blpop(_ context.Context, key string, timeout time.Duration) ([]string, error) {
	return on(c, func(conn redis.Conn) ([]string, error) {
		got, err := redis.Strings(conn.Do("BLPOP", key, timeout.Seconds()))
		if errors.Is(err, redis.ErrNil) {
			return nil, nil
		}
		return got, err
	})
}

func (c *redigo) subscribe(ctx context.Context, channel string, subscribed func(), received func(string)) error {
	conn := redis.PubSubConn{Conn: c.Get()}
	defer conn.Close()
	if err := conn.Subscribe(channel); err != nil {
		return err
	}
	for {
		switch m := conn.ReceiveContext(ctx).(type) {
		case error:
			return m
		case redis.Subscription:
			subscribed()
		case redis.Message:
			received(string(m.Data))
		}
	}
}

func (c *redigo) close() { c.Close() }
