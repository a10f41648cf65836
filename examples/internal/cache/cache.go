// Package cache makes a Dialer from the command line. It is what a program does once, whichever client it uses.
package cache

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/valetkey/valetkey"
)

// A Cache is where to connect to, and with what.
type Cache struct {
	Addr       string // host:port
	Cluster    bool   // it is in cluster mode, as every serverless cache is
	Serverless bool   // it is a serverless cache, which knows fewer commands
	Pull       bool   // use the client's own hook for passwords, and not the Dialer
	Source     valetkey.Source
	TLS        *tls.Config
	Dialer     *valetkey.Dialer

	stay time.Duration
}

// Open reads the flags that all examples have, beside those that the caller has added to flags.
func Open(ctx context.Context, flags *flag.FlagSet, args []string) (*Cache, error) {
	c := &Cache{Dialer: &valetkey.Dialer{}}
	url := flags.String("url", os.Getenv("VALETKEY_URL"), "the cache and the user: rediss://USER@HOST:PORT[?name=N&region=R]; or $VALETKEY_URL")
	file := flags.String("ca-file", "", "PEM `file` with the root certificate to trust instead of the system's")
	flags.BoolVar(&c.Cluster, "cluster", false, "the cache is in cluster mode")
	flags.BoolVar(&c.Pull, "pull", false, "let the client ask for passwords, instead of dialling for it")
	flags.DurationVar(&c.stay, "for", 0, "go on for so long; 0 is once")
	flags.DurationVar(&c.Dialer.SessionLimit, "session-limit", 0, "of an emulator that cuts connections sooner than after 12h")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	target, err := valetkey.ParseTarget(*url)
	if err != nil {
		return nil, err
	}
	if c.TLS, err = trust(*file); err != nil {
		return nil, err
	}
	return c, c.dialTo(ctx, target)
}

// dialTo is all there is to it: AWS credentials, a signer of tokens for the cache, a dialer that uses them.
func (c *Cache) dialTo(ctx context.Context, target valetkey.Target) error {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(target.Region))
	if err != nil {
		return fmt.Errorf("load the AWS configuration: %w", err)
	}
	signer, err := valetkey.NewSigner(target, cfg.Credentials)
	if err != nil {
		return err
	}
	c.Addr, c.Serverless = target.Address, target.Serverless
	c.Source = valetkey.Reuse(signer, time.Minute)
	c.Dialer.Source, c.Dialer.TLSConfig = c.Source, c.TLS
	return nil
}

// trust trusts what the system trusts, which is right for AWS, unless there is a file. It names no server: the nodes of a cluster
// have names of their own, and each is checked against its own.
func trust(file string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return cfg, nil
}

// Credentials asks for a token in the shape of go-redis's CredentialsProviderContext.
func (c *Cache) Credentials(ctx context.Context) (user, password string, err error) {
	t, err := c.Source.Token(ctx)
	return t.User(), t.Secret(), err
}

// Repeat calls round once, or for as long as the command line says, and prints what there is to say at the end.
func (c *Cache) Repeat(ctx context.Context, round func(context.Context) error) error {
	end := time.Now().Add(c.stay)
	rounds := 0
	for done := false; !done; done = !time.Now().Before(end) {
		if err := round(ctx); err != nil {
			return errors.Join(fmt.Errorf("round %d: %w", rounds+1, err), ctx.Err())
		}
		rounds++
	}
	s := c.Dialer.Stats()
	fmt.Printf("%d rounds, %d connections dialled, %d authenticated again\n", rounds, s.Dialed, s.Renewed)
	return nil
}

// Main runs a program until it is done or interrupted.
func Main(run func(ctx context.Context, args []string) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
