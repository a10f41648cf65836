//go:build cgo

// Go connects with Valkey GLIDE's own IAM mode, in which the client signs. A line "MODE SERVICE NAME USER REGION PORT CA_FILE" in,
// "> PONG" or "> " and the error out. GLIDE's own log goes there too.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	glide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"
)

const timeout = 5 * time.Second

func main() {
	signal.Ignore(syscall.SIGPIPE) // GLIDE's library would end the program with it
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answer, err := ping(strings.Fields(lines.Text()))
		if err != nil {
			answer = err.Error()
		}
		fmt.Println(">", strings.Join(strings.Fields(answer), " "))
	}
}

// ping takes the words of a line.
func ping(w []string) (string, error) {
	mode, service, name, user, region, caFile := w[0], w[1], w[2], w[3], w[4], w[6]
	port, err := strconv.Atoi(w[5])
	if err != nil {
		return "", err
	}
	services := map[string]config.ServiceType{"elasticache": config.ElastiCache, "memorydb": config.MemoryDB}
	credentials, err := config.NewServerCredentialsWithIam(user, config.NewIamAuthConfig(name, services[service], region))
	if err != nil {
		return "", err
	}
	root, err := config.LoadRootCertificatesFromFile(caFile)
	if err != nil {
		return "", err
	}
	trust := config.NewTlsConfiguration().WithRootCertificates(root)
	address := &config.NodeAddress{Host: "localhost", Port: port}
	if mode == "cluster" {
		return cluster(address, credentials, trust)
	}
	return standalone(address, credentials, trust)
}

func cluster(address *config.NodeAddress, credentials *config.ServerCredentials, trust *config.TlsConfiguration) (string, error) {
	client, err := glide.NewClusterClient(config.NewClusterClientConfiguration().
		WithAddress(address).WithUseTLS(true).WithCredentials(credentials).WithRequestTimeout(timeout).
		WithAdvancedConfiguration(config.NewAdvancedClusterClientConfiguration().
			WithConnectionTimeout(timeout).WithTlsConfiguration(trust)))
	if err != nil {
		return "", err
	}
	defer client.Close()
	return client.Ping(context.Background())
}

func standalone(address *config.NodeAddress, credentials *config.ServerCredentials, trust *config.TlsConfiguration) (string, error) {
	client, err := glide.NewClient(config.NewClientConfiguration().
		WithAddress(address).WithUseTLS(true).WithCredentials(credentials).WithRequestTimeout(timeout).
		WithAdvancedConfiguration(config.NewAdvancedClientConfiguration().
			WithConnectionTimeout(timeout).WithTlsConfiguration(trust)))
	if err != nil {
		return "", err
	}
	defer client.Close()
	return client.Ping(context.Background())
}
