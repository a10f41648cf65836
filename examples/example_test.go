package examples_test

import (
	"context"
	"fmt"
	"log"
	"time"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// newDialer stands for what a program does once: its Source is a Signer, and its TLSConfig is nil, against a cache on AWS.
func newDialer() (d *valetkey.Dialer, addr string, done func() error) {
	var cache emulator.Server
	if err := cache.Start(); err != nil {
		log.Fatal(err)
	}
	return &valetkey.Dialer{Source: valetkey.Reuse(cache.Source(), time.Minute), TLSConfig: cache.ClientTLS()}, cache.Addr(), cache.Close
}

func Example_goRedis() {
	dialer, addr, done := newDialer()
	defer done()

	client := redis.NewClient(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
	defer client.Close()

	fmt.Println(client.Ping(context.Background()).Result())
	// Output: PONG <nil>
}

// Every node, replica and new node of a cluster is dialled with the same field. (This one is not run here: it takes a real cluster, as the
// tests of the program goredis have one.)
func Example_goRedisCluster() {
	dialer, addr, done := newDialer()
	defer done()

	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{addr}, Dialer: dialer.DialContext})
	defer client.Close()

	fmt.Println(client.Set(context.Background(), "greeting", "hello", 0).Result())
}

func Example_goRedisRing() {
	dialer, addr, done := newDialer()
	defer done()

	client := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": addr}, Dialer: dialer.DialContext})
	defer client.Close()

	fmt.Println(client.Set(context.Background(), "greeting", "hello", 0).Result())
	// Output: OK <nil>
}

func Example_redigo() {
	dialer, addr, done := newDialer()
	defer done()

	pool := &redigo.Pool{DialContext: func(ctx context.Context) (redigo.Conn, error) {
		return redigo.DialContext(ctx, "tcp", addr, redigo.DialContextFunc(dialer.DialContext))
	}}
	defer pool.Close()

	conn := pool.Get()
	defer conn.Close()
	fmt.Println(redigo.String(conn.Do("PING")))
	// Output: PONG <nil>
}

// The same without the Dialer: a token for each connection, and connections replaced before their session ends. A subscriber, or a connection that
// is kept out of the pool for so long, is cut.
func Example_redigoPull() {
	dialer, addr, done := newDialer()
	defer done()

	pool := &redigo.Pool{
		MaxConnLifetime: 11 * time.Hour,
		DialContext: func(ctx context.Context) (redigo.Conn, error) {
			token, err := dialer.Source.Token(ctx)
			if err != nil {
				return nil, err // redigo would connect without authentication
			}
			return redigo.DialContext(ctx, "tcp", addr, redigo.DialUseTLS(true), redigo.DialTLSConfig(dialer.TLSConfig),
				redigo.DialUsername(token.User()), redigo.DialPassword(token.Secret()))
		},
	}
	defer pool.Close()

	conn := pool.Get()
	defer conn.Close()
	fmt.Println(redigo.String(conn.Do("PING")))
	// Output: PONG <nil>
}

// asynq takes a client of go-redis.
func Example_asynq() {
	dialer, addr, done := newDialer()
	defer done()

	client := redis.NewClient(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
	defer client.Close()

	info, err := asynq.NewClientFromRedisClient(client).Enqueue(asynq.NewTask("mail", nil))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Queue, info.State)
	// Output: default pending
}
