package main

import (
	"context"
	"errors"
	"time"

	"github.com/gomodule/redigo/redis"
)

type redigoPool struct{ *redis.Pool }

func connectRedigo(l link) (client, error) {
	p := &redis.Pool{MaxIdle: 10}
	if l.dialer != nil {
		p.DialContext = func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", l.addrs[0], redis.DialContextFunc(l.dialer.DialContext))
		}
		return &redigoPool{p}, nil
	}
	p.MaxConnLifetime = l.session * 22 / 24
	p.DialContext = func(ctx context.Context) (redis.Conn, error) {
		user, password, err := l.password(ctx)
		if err != nil {
			return nil, err
		}
		return redis.DialContext(ctx, "tcp", l.addrs[0], redis.DialUseTLS(true), redis.DialTLSConfig(l.tls),
			redis.DialUsername(user), redis.DialPassword(password))
	}
	return &redigoPool{p}, nil
}

func (p *redigoPool) incr(ctx context.Context, key string) (int64, error) {
	conn, err := p.GetContext(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return redis.Int64(conn.Do("INCR", key))
}

func (p *redigoPool) pipeline(ctx context.Context, keys []string) ([]int64, []error) {
	replies, errs := make([]int64, len(keys)), make([]error, len(keys))
	conn, err := p.GetContext(ctx)
	if err == nil {
		defer conn.Close()
		for _, key := range keys {
			err = errors.Join(err, conn.Send("INCR", key))
		}
		err = errors.Join(err, conn.Flush())
	}
	for i := range keys {
		if errs[i] = err; err == nil {
			replies[i], errs[i] = redis.Int64(conn.Receive())
		}
	}
	return replies, errs
}

// transact lingers inside MULTI.
func (p *redigoPool) transact(ctx context.Context, key string, linger time.Duration) (int64, error) {
	conn, err := p.GetContext(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	for _, command := range [][]any{{"WATCH", key}, {"GET", key}, {"MULTI"}, {"INCR", key}} {
		if _, err := conn.Do(command[0].(string), command[1:]...); err != nil {
			return 0, err
		}
	}
	pause(ctx, linger)
	replies, err := redis.Int64s(conn.Do("EXEC"))
	switch {
	case err != nil:
		return 0, err
	case len(replies) != 1:
		return 0, errors.New("EXEC has not one reply")
	}
	return replies[0], nil
}

// subscribe uses a connection outside of the pool, as a subscriber does.
func (p *redigoPool) subscribe(ctx context.Context, channel string, got func(string)) error {
	conn, err := p.DialContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	sub := redis.PubSubConn{Conn: conn}
	if err := sub.Subscribe(channel); err != nil {
		return err
	}
	for {
		switch m := sub.Receive().(type) {
		case error:
			return m
		case redis.Message:
			got(string(m.Data))
		}
	}
}

func (p *redigoPool) pop(ctx context.Context, key string, timeout time.Duration) (string, error) {
	conn, err := p.GetContext(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	got, err := redis.Strings(conn.Do("BLPOP", key, timeout.Seconds()))
	if errors.Is(err, redis.ErrNil) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return got[1], nil
}

func (p *redigoPool) cached(context.Context, string) (string, error) {
	return "", errors.New("redigo has no cache")
}

func (p *redigoPool) close() { p.Close() }
