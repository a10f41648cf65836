// Code generated from example_valkeygo_test.go by go generate. DO NOT EDIT. The two clients have one interface under two names.

package examples_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/redis/rueidis"
)

// The same field serves a standalone server and every node of a cluster.
func Example_rueidis() {
	dialer, addr, done := newDialer()
	defer done()

	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DialCtxFn: dialer.DialAddr})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	fmt.Println(client.Do(context.Background(), client.B().Ping().Build()).ToString())
	// Output: PONG <nil>
}

// What rueidis sends together stays together; an AUTH of the Dialer's comes before it or after it.
func Example_rueidisPipeline() {
	dialer, addr, done := newDialer()
	defer done()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DialCtxFn: dialer.DialAddr})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	replies := client.DoMulti(context.Background(),
		client.B().Set().Key("visits").Value("41").Build(),
		client.B().Incr().Key("visits").Build(),
	)
	fmt.Println(replies[1].AsInt64())
	// Output: 42 <nil>
}

// A connection that is held for a transaction is authenticated again between WATCH and MULTI if it is time, inside MULTI never.
func Example_rueidisDedicated() {
	dialer, addr, done := newDialer()
	defer done()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DialCtxFn: dialer.DialAddr})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx := context.Background()
	err = client.Dedicated(func(c rueidis.DedicatedClient) error {
		if err := c.Do(ctx, c.B().Watch().Key("seat").Build()).Error(); err != nil {
			return err
		}
		replies := c.DoMulti(ctx,
			c.B().Multi().Build(),
			c.B().Set().Key("seat").Value("taken").Build(),
			c.B().Exec().Build())
		return replies[len(replies)-1].Error()
	})
	fmt.Println(err)
	// Output: <nil>
}

// Client-side caching needs no setting of its own. (It is not run here: it takes a real server, as the tests of the programs have one.)
func Example_rueidisCaching() {
	dialer, addr, done := newDialer()
	defer done()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DialCtxFn: dialer.DialAddr})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	reply := client.DoCache(context.Background(), client.B().Get().Key("greeting").Cache(), time.Minute)
	fmt.Println(reply.ToString())
}

// rueidis's own hook. It authenticates a connection again when RefreshAfter has come, but not one that is blocked or checked out, and a RESP2
// subscription ends with it.
func Example_rueidisPull() {
	dialer, addr, done := newDialer()
	defer done()

	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{addr},
		TLSConfig:   dialer.TLSConfig,
		AuthCredentialsFn: func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // rueidis itself waits for ever
			defer cancel()
			token, err := dialer.Source.Token(ctx)
			return rueidis.AuthCredentials{Username: token.User(), Password: token.Secret(), RefreshAfter: time.Now().Add(6 * time.Hour)}, err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	fmt.Println(client.Do(context.Background(), client.B().Ping().Build()).ToString())
	// Output: PONG <nil>
}
