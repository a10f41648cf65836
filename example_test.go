package valetkey_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/valetkey/valetkey"
)

// A program has these from config.LoadDefaultConfig: cfg.Credentials.
var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
})

// The endpoint that AWS shows is enough where it tells everything; what it does not tell goes into the query.
func ExampleParseTarget() {
	for _, s := range []string{
		"rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379",
		"rediss://app@127.0.0.1:6380?name=orders&region=eu-west-1",
		"rediss://app@127.0.0.1:6380",
	} {
		t, err := valetkey.ParseTarget(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(t)
	}
	// Output:
	// app@orders (elasticache serverless, us-east-1)
	// app@orders (elasticache, eu-west-1)
	// read target: invalid target: 127.0.0.1 does not tell everything about the cache: add ?name=NAME&region=REGION to the URL
}

// URL spells out every guess, for a user to check and correct.
func ExampleTarget_URL() {
	t, err := valetkey.ParseTarget("app@clustercfg.orders.x2e9hv.memorydb.us-east-1.amazonaws.com")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.URL())
	// Output:
	// rediss://app@clustercfg.orders.x2e9hv.memorydb.us-east-1.amazonaws.com:6379?name=orders&region=us-east-1&serverless=false&service=memorydb
}

// The commonest mistake is to sign the endpoint instead of the name.
func ExampleTarget_Validate() {
	t := valetkey.Target{Name: "orders-x2e9hv.serverless.use1.cache.amazonaws.com", User: "app", Region: "us-east-1"}
	err := t.Validate()
	fmt.Println(errors.Is(err, valetkey.InvalidTarget))
	fmt.Println(err)
	// Output:
	// true
	// read target: invalid target: name "orders-x2e9hv.serverless.use1.cache.amazonaws.com" is an endpoint: the name to sign is "orders"
}

// A token is sent with AUTH in place of a password. Printing it shows no secret.
func ExampleSigner() {
	signer, err := valetkey.NewSigner(valetkey.Target{Name: "orders", User: "app", Region: "eu-west-1"}, credentials)
	if err != nil {
		log.Fatal(err)
	}
	token, err := signer.Token(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	action, _, _ := strings.Cut(token.Secret(), "&")
	fmt.Println("AUTH", token.User(), action+"...")
	fmt.Println(token.Expires().After(time.Now()))
	fmt.Println(strings.Contains(fmt.Sprint(token), "Signature"))
	// Output:
	// AUTH app orders/?Action=connect...
	// true
	// false
}

// Reuse lets a burst of connections share a token.
func ExampleReuse() {
	signer, err := valetkey.NewSigner(valetkey.Target{Name: "orders", User: "app", Region: "eu-west-1"}, credentials)
	if err != nil {
		log.Fatal(err)
	}
	source := valetkey.Reuse(signer, time.Minute)
	first, err := source.Token(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	second, err := source.Token(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(first.Secret() == second.Secret())
	// Output:
	// true
}
