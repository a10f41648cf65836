package examples_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
)

// A pipeline goes out in one piece; an AUTH of the Dialer's comes before it or after it.
func Example_goRedisPipeline() {
	dialer, addr, done := newDialer()
	defer done()
	client := redis.NewClient(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
	defer client.Close()

	ctx := context.Background()
	var visits *redis.IntCmd
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "visits", 41, 0)
		visits = p.Incr(ctx, "visits")
		return nil
	})
	fmt.Println(visits.Val(), err)
	// Output: 42 <nil>
}

// Between WATCH and EXEC the connection may be authenticated again, inside MULTI never.
func Example_goRedisWatch() {
	dialer, addr, done := newDialer()
	defer done()
	client := redis.NewClient(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
	defer client.Close()

	ctx := context.Background()
	err := client.Watch(ctx, func(tx *redis.Tx) error {
		held, err := tx.Exists(ctx, "seat").Result()
		if err != nil || held > 0 {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "seat", "taken", 0).Err() })
		return err
	}, "seat")
	fmt.Println(client.Get(ctx, "seat").Val(), err)
	// Output: taken <nil>
}

// A subscription outlives sessions too, in RESP2 and RESP3: nothing has to subscribe again.
func Example_goRedisPubSub() {
	dialer, addr, done := newDialer()
	defer done()
	client := redis.NewClient(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
	defer client.Close()

	ctx := context.Background()
	news := client.Subscribe(ctx, "news")
	defer news.Close()
	if _, err := news.Receive(ctx); err != nil { // subscribed
		log.Fatal(err)
	}
	if err := client.Publish(ctx, "news", "hello").Err(); err != nil {
		log.Fatal(err)
	}
	m, err := news.ReceiveMessage(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Channel, m.Payload)
	// Output: news hello
}

// go-redis's own hook. It asks for a password when it connects, and replaces connections before their session ends, between two commands.
func Example_goRedisPull() {
	dialer, addr, done := newDialer()
	defer done()

	client := redis.NewClient(&redis.Options{
		Addr:      addr,
		TLSConfig: dialer.TLSConfig,
		CredentialsProviderContext: func(ctx context.Context) (user, password string, err error) {
			token, err := dialer.Source.Token(ctx)
			return token.User(), token.Secret(), err
		},
		ConnMaxLifetime:       11 * time.Hour,
		ConnMaxLifetimeJitter: 30 * time.Minute,
	})
	defer client.Close()

	fmt.Println(client.Ping(context.Background()).Result())
	// Output: PONG <nil>
}

// redsync takes a pool made of a client's connections.
func Example_redsync() {
	dialer, addr, done := newDialer()
	defer done()
	client := redis.NewClient(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
	defer client.Close()

	mutex := redsync.New(goredis.NewPool(client)).NewMutex("lock")
	if err := mutex.Lock(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(mutex.Unlock())
	// Output: true <nil>
}
