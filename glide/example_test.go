//go:build cgo

package glide_test

import (
	"context"
	"log"
	"os"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/glide"
)

// A cluster client that stays signed in. examples/glide is the same as a program to run.
func ExampleKeep() {
	ctx := context.Background()
	var source valetkey.Source // such as a valetkey.Signer

	user, token, err := glide.Credentials(ctx, source)
	if err != nil {
		log.Fatal(err)
	}
	client, err := valkeyglide.NewClusterClient(config.NewClusterClientConfiguration().
		WithAddress(&config.NodeAddress{Host: "clustercfg.orders.xxxxxx.euw1.cache.amazonaws.com", Port: 6379}).
		WithUseTLS(true).
		WithCredentials(config.NewServerCredentials(user, token)).
		WithRequestTimeout(2 * time.Second)) // 250 ms, the default, is short for a server that verifies tokens
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	keeper := glide.Keep(ctx, client, source, glide.Options{
		OnError: func(err error) { log.Print(err) },
		OnStuck: func(s glide.Stuck) {
			log.Printf("no answer since %v (%v)", s.Since, s.Err)
			os.Exit(1) // the simplest way to a new client, where something starts the program again
		},
	})
	defer keeper.Stop()
}
