package signers

import (
	"bufio"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/valkeyserver"
	"github.com/valetkey/valetkey/verify"
)

// A kind of cache that tokens are for.
type kind struct {
	name       string
	service    valetkey.Service
	serverless bool
	lenient    bool
}

var (
	nodeBased  = kind{name: "ElastiCache node-based", service: valetkey.ElastiCache}
	serverless = kind{name: "ElastiCache serverless", service: valetkey.ElastiCache, serverless: true}
	lenient    = kind{name: "ElastiCache serverless, lenient", service: valetkey.ElastiCache, serverless: true, lenient: true}
	memorydb   = kind{name: "MemoryDB", service: valetkey.MemoryDB}
)

const (
	cacheName = "orders"
	cacheUser = "app"
	region    = "eu-west-1"
)

// A cache is an emulator that remembers why it refused whom.
type cache struct {
	kind
	*emulator.Server

	mu      sync.Mutex
	refused map[string]verify.Reason // by the client's address
}

// open starts the cache. Both keys work there.
func (k kind) open(t *testing.T, options ...func(*emulator.Config)) *cache {
	t.Helper()
	c := &cache{kind: k, refused: map[string]verify.Reason{}}
	c.Server = emulator.New(t, append([]func(*emulator.Config){func(config *emulator.Config) {
		config.Name, config.Region, config.Users = cacheName, region, []emulator.User{{Name: cacheUser}}
		config.Service, config.Serverless, config.LenientResourceType = k.service, k.serverless, k.lenient
		config.TLSDir = t.TempDir()
		config.Logger = nil // refusals are what most of these tests are about, and are looked at one by one
		config.OnEvent = c.note
		config.Keys = nil
		for _, each := range eachCredentials() {
			config.Keys = append(config.Keys, each.Key)
		}
	}}, options...)...)
	return c
}

func (c *cache) note(e emulator.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.Kind == emulator.Refused {
		c.refused[e.Remote] = e.Reason
	}
}

// whyRefused returns the reason for the client's last refusal, and forgets it.
func (c *cache) whyRefused(client net.Addr) verify.Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	reason := c.refused[client.String()]
	delete(c.refused, client.String())
	return reason
}

// openCluster starts the cache in front of a real Valkey in cluster mode: one node that has all slots, and names the cache's address as its own.
func (k kind) openCluster(t *testing.T) *cache {
	t.Helper()
	cluster, err := valkeyserver.StartCluster(t.Context(), valkeyserver.ClusterConfig{Masters: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cluster.Stop() })
	node := cluster.Nodes[0]
	c := k.open(t, func(config *emulator.Config) { config.Upstream = node.Addr })
	_, err = node.Do("CONFIG", "SET", "cluster-announce-ip", "127.0.0.1", "cluster-announce-port", c.port(t),
		"cluster-announce-hostname", "localhost", "cluster-preferred-endpoint-type", "hostname")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cache) port(t *testing.T) string { return portOf(t, c.Addr()) }

func portOf(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.Atoi(port)
	}
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// A client is a TLS connection to a cache.
type client struct {
	*tls.Conn
	replies *resp.ReplyReader
}

func (c *cache) dial(t *testing.T) client {
	t.Helper()
	conn, err := tls.Dial("tcp", c.Addr(), c.ClientTLS())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return client{conn, resp.NewReplyReader(bufio.NewReader(conn))}
}

// ask returns the reply as a line.
func (c client) ask(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		t.Fatal(err)
	}
	reply, err := c.replies.Next()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(reply.Raw))
}
