package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/proxy"
)

// upstreamFlags say how caches are reached, for the commands that stand in front of one.
type upstreamFlags struct {
	caFile, serverName  string
	renewAfter, renewBy time.Duration
}

func (u *upstreamFlags) flags(flags *pflag.FlagSet) {
	flags.StringVar(&u.caFile, "ca-file", "", "PEM file of the authorities that the cache's certificate may come from (default: the system's)")
	flags.StringVar(&u.serverName, "server-name", "", "name that the cache's certificate must have (default: the target's host)")
	flags.DurationVar(&u.renewAfter, "renew-after", 6*time.Hour, "age from which a connection is authenticated again at a quiet moment")
	flags.DurationVar(&u.renewBy, "renew-by", 11*time.Hour, "age from which requests are held back to make such a moment")
}

// server makes a sidecar for the cache at a URL, not yet listening.
func (u *upstreamFlags) server(ctx context.Context, url string, log *slog.Logger) (*proxy.Server, error) {
	target, err := valetkey.ParseTarget(url)
	if err != nil {
		return nil, err
	}
	if target.Address == "" {
		return nil, &exitError{exitUsage, fmt.Errorf("target %s has no host to connect to", target), "write rediss://USER@HOST:PORT"}
	}
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, awsConfigError(err)
	}
	signer, err := valetkey.NewSigner(target, loaded.Credentials)
	if err != nil {
		return nil, err
	}
	roots, err := u.roots()
	if err != nil {
		return nil, err
	}
	return &proxy.Server{
		Name: target.Name, Addr: target.Address, Logger: log, Recheck: 5 * time.Second,
		Dialer: valetkey.Dialer{
			Source: valetkey.Reuse(signer, 0), Plaintext: target.Plaintext,
			TLSConfig:  &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: u.serverName},
			RenewAfter: u.renewAfter, RenewBy: u.renewBy,
		},
	}, nil
}

// roots are the authorities of the file, or nil for the system's.
func (u *upstreamFlags) roots() (*x509.CertPool, error) {
	if u.caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(u.caFile)
	if err != nil {
		return nil, badFile("ca-file", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, badFile("ca-file", errors.New(u.caFile+" has no certificate in PEM form"))
	}
	return pool, nil
}

func badFile(flag string, err error) error {
	return &exitError{exitConfig, fmt.Errorf("--%s: %w", flag, err), "name a readable file with --" + flag}
}

// targets are the URLs on the command line, else that of the environment.
func (a *app) targets(cmd *cobra.Command, args []string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	if url := a.env.get(targetURL); url != "" {
		return []string{url}, nil
	}
	return nil, usage(cmd, "no target: write rediss://USER@HOST:PORT, or set %s", targetURL)
}
