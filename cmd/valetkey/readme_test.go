package main

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// newClient is the README's example.
func newClient(url string, cfg aws.Config) (*valetkey.Dialer, *redis.Client, error) {
	target, err := valetkey.ParseTarget(url) // rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379
	if err != nil {
		return nil, nil, err
	}
	signer, err := valetkey.NewSigner(target, cfg.Credentials) // cfg comes from config.LoadDefaultConfig
	if err != nil {
		return nil, nil, err
	}
	dialer := &valetkey.Dialer{Source: valetkey.Reuse(signer, time.Minute)}
	client := redis.NewClient(&redis.Options{Addr: target.Address, Dialer: dialer.DialContext})
	return dialer, client, nil
}

func TestReadmeExampleConnects(t *testing.T) {
	srv := emulator.New(t)
	dialer, client, err := newClient(srv.URL(), aws.Config{Credentials: srv.Credentials()})
	if err != nil {
		t.Fatal(err)
	}
	defer dialer.Close()
	defer client.Close()
	dialer.TLSConfig = srv.ClientTLS() // a real cache's certificate is known to the system
	if err := client.Set(t.Context(), "greeting", "hello", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := client.Get(t.Context(), "greeting").Val(); got != "hello" {
		t.Errorf("got %q", got)
	}
	if srv.Stats().Auths == 0 {
		t.Error("nobody authenticated")
	}
}
