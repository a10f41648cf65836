package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/glide"
)

// requestTimeout bounds a command, and so an AUTH. GLIDE's default of 250 ms is short for a server that verifies a token.
const requestTimeout = 2 * time.Second

// client is either kind of GLIDE client. A program that has decided on one uses its type.
type client interface {
	glide.Client
	Close()
}

func newClient(s settings, target valetkey.Target, user, token string) (client, error) {
	address, err := addressOf(target)
	if err != nil {
		return nil, err
	}
	trust, err := trustedRoots(s.ca)
	if err != nil {
		return nil, err
	}
	credentials := config.NewServerCredentials(user, token)
	if s.standalone {
		return standaloneClient(address, trust, credentials)
	}
	return clusterClient(address, trust, credentials)
}

func clusterClient(address *config.NodeAddress, trust *config.TlsConfiguration, credentials *config.ServerCredentials) (client, error) {
	client, err := valkeyglide.NewClusterClient(config.NewClusterClientConfiguration().
		WithAddress(address).
		WithUseTLS(true). // IAM needs TLS
		WithCredentials(credentials).
		WithRequestTimeout(requestTimeout).
		WithAdvancedConfiguration(config.NewAdvancedClusterClientConfiguration().WithTlsConfiguration(trust)))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address.Host, err)
	}
	return client, nil
}

func standaloneClient(address *config.NodeAddress, trust *config.TlsConfiguration, credentials *config.ServerCredentials) (client, error) {
	client, err := valkeyglide.NewClient(config.NewClientConfiguration().
		WithAddress(address).
		WithUseTLS(true).
		WithCredentials(credentials).
		WithRequestTimeout(requestTimeout).
		WithAdvancedConfiguration(config.NewAdvancedClientConfiguration().WithTlsConfiguration(trust)))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address.Host, err)
	}
	return client, nil
}

// trustedRoots trusts what the system trusts, which is right for AWS, unless there is a file.
func trustedRoots(file string) (*config.TlsConfiguration, error) {
	trust := config.NewTlsConfiguration()
	if file == "" {
		return trust, nil
	}
	roots, err := config.LoadRootCertificatesFromFile(file)
	if err != nil {
		return nil, err
	}
	return trust.WithRootCertificates(roots), nil
}

func addressOf(target valetkey.Target) (*config.NodeAddress, error) {
	if target.Plaintext {
		return nil, errors.New("IAM needs TLS: write rediss:// instead of redis://")
	}
	host, port, err := net.SplitHostPort(target.Address)
	if err != nil {
		return nil, fmt.Errorf("the URL has no host to connect to: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("port %q: %w", port, err)
	}
	return &config.NodeAddress{Host: host, Port: number}, nil
}
