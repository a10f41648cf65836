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
	"github.com/valetkey/valetkey/verify"
)

// A kind of cache that tokens are for.
type kind struct {
	name       string
	profile    emulator.Profile // in cluster mode
	service    valetkey.Service
	serverless bool
	lenient    bool
}

var (
	nodeBased  = kind{name: "ElastiCache node-based", profile: emulator.ClusterEnabled, service: valetkey.ElastiCache}
	memorydb   = kind{name: "MemoryDB", profile: emulator.MemoryDBCluster, service: valetkey.MemoryDB}
	serverless = kind{name: "ElastiCache serverless", profile: emulator.ServerlessCache, service: valetkey.ElastiCache, serverless: true}
)

// leniently is the kind without its rule on ResourceType.
func (k kind) leniently() kind {
	k.name, k.lenient = k.name+", lenient", true
	return k
}

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

// openCluster starts the cache in cluster mode, in front of a real Valkey.
func (k kind) openCluster(t *testing.T) *cache {
	t.Helper()
	return k.open(t, func(c *emulator.Config) { c.Profile, c.Engine = k.profile, "valkey-server" })
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
