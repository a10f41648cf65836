package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomodule/redigo/redis"
)

// use does what programs do with redigo.
func use(ctx context.Context, pool *redis.Pool) error {
	conn, err := pool.GetContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return errors.Join(pipeline(conn), transaction(conn), subscribe(ctx, pool, conn))
}

func pipeline(conn redis.Conn) error {
	conn.Send("SET", "example:greeting", "hello") // an error comes with the next reply
	conn.Send("GET", "example:greeting")
	if err := conn.Flush(); err != nil {
		return err
	}
	if _, err := conn.Receive(); err != nil {
		return err
	}
	greeting, err := redis.String(conn.Receive())
	if err == nil && greeting != "hello" {
		err = fmt.Errorf("the pipeline read %q", greeting)
	}
	return err
}

// transaction adds one by optimistic locking.
func transaction(conn redis.Conn) error {
	if _, err := conn.Do("WATCH", "example:count"); err != nil {
		return err
	}
	n, err := redis.Int(conn.Do("GET", "example:count"))
	if err != nil && !errors.Is(err, redis.ErrNil) {
		return err
	}
	conn.Send("MULTI")
	conn.Send("SET", "example:count", n+1)
	_, err = redis.Values(conn.Do("EXEC"))
	return err
}

// subscribe receives a message with the RESP2 that redigo speaks. The Dialer carries such a connection on RESP3, because a server
// accepts no AUTH from a RESP2 subscriber.
func subscribe(ctx context.Context, pool *redis.Pool, publisher redis.Conn) error {
	conn, err := pool.GetContext(ctx)
	if err != nil {
		return err
	}
	news := redis.PubSubConn{Conn: conn}
	defer news.Close()
	if err := news.Subscribe("news"); err != nil {
		return err
	}
	if err, failed := news.Receive().(error); failed { // subscribed
		return err
	}
	if _, err := publisher.Do("PUBLISH", "news", "hello"); err != nil {
		return err
	}
	switch m := news.Receive().(type) {
	case error:
		return m
	case redis.Message:
		return nil
	default:
		return fmt.Errorf("received %v, want a message", m)
	}
}
