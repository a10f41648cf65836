package proxy_test

import (
	"context"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/proxy"
)

// A sidecar on a local port, until ctx ends; then its clients have half a minute to finish.
func Example() {
	var (
		ctx context.Context
		cfg aws.Config // from config.LoadDefaultConfig
	)
	target, err := valetkey.ParseTarget("rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := valetkey.NewSigner(target, cfg.Credentials)
	if err != nil {
		log.Fatal(err)
	}
	server := &proxy.Server{
		Addr:   target.Address,
		Dialer: valetkey.Dialer{Source: valetkey.Reuse(signer, time.Minute)},
	}
	ln, err := proxy.Listen("127.0.0.1:6379")
	if err != nil {
		log.Fatal(err)
	}
	context.AfterFunc(ctx, func() {
		limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := server.Shutdown(limit); err != nil {
			log.Print(err)
		}
	})
	if err := server.Serve(context.Background(), ln); err != nil {
		log.Fatal(err)
	}
}
