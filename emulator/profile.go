package emulator

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/valetkey/valetkey"
)

// A Profile is a kind of cache: which endpoints it has, whether it speaks the cluster protocol, and which commands it refuses.
type Profile string

const (
	// SingleNode, the default, is one node with one endpoint: the smallest thing that a token can be tried on.
	SingleNode Profile = ""
	// NodeBased is a node-based cluster with cluster mode disabled: a primary endpoint, a reader endpoint that spreads connections
	// over the replicas, and an endpoint for each node. Replicas refuse writes.
	NodeBased Profile = "node-based"
	// ClusterEnabled is a node-based cluster with cluster mode enabled: a configuration endpoint, and one for each node.
	ClusterEnabled Profile = "cluster-enabled"
	// ServerlessCache is a serverless cache: one virtual node that has all slots, under a port for everything and the next one for
	// reading. AWS has 6379 and 6380.
	ServerlessCache Profile = "serverless"
	// PublicEndpoint is a serverless cache with a public endpoint: TLS 1.3 and nothing less, and one port.
	PublicEndpoint Profile = "public"
	// MemoryDBCluster is a MemoryDB cluster, which is what ClusterEnabled is, with MemoryDB's names and refused commands.
	MemoryDBCluster Profile = "memorydb"
)

// Profiles returns the names of all profiles but SingleNode, which has none.
func Profiles() []Profile {
	return []Profile{NodeBased, ClusterEnabled, ServerlessCache, PublicEndpoint, MemoryDBCluster}
}

// clustered reports whether the cache speaks the cluster protocol.
func (p Profile) clustered() bool { return p != SingleNode && p != NodeBased }

// sharded reports whether the cache has nodes of its own in shards.
func (p Profile) sharded() bool { return p == ClusterEnabled || p == MemoryDBCluster }

func (p Profile) serverless() bool { return p == ServerlessCache || p == PublicEndpoint }

// service is the service that has such caches.
func (p Profile) service() valetkey.Service {
	if p == MemoryDBCluster {
		return valetkey.MemoryDB
	}
	return valetkey.ElastiCache
}

// Embedded is the engine in this process, which needs nothing installed.
const Embedded = "embedded"

// withProfile fills in what the profile decides.
func (c Config) withProfile() Config {
	if c.Profile != SingleNode {
		c.Service = cmp.Or(c.Service, c.Profile.service())
		c.Serverless = c.Serverless || c.Profile.serverless()
	}
	if c.Profile.sharded() {
		c.Shards = max(c.Shards, 1)
	}
	c.Engine = cmp.Or(c.Engine, Embedded)
	return c
}

// program is the server program to run behind the gate, "" for the embedded engine. A name may carry the path: valkey-server=PATH.
func (c Config) program() string {
	if c.Engine == Embedded {
		return ""
	}
	if _, path, ok := strings.Cut(c.Engine, "="); ok {
		return path
	}
	return c.Engine
}

// validateProfile refuses what no such cache has, and what cannot be played.
func (c Config) validateProfile() error {
	p, real := c.Profile, c.program() != ""
	switch {
	case p != SingleNode && !slices.Contains(Profiles(), p):
		return fmt.Errorf("emulator: profile %q is none of %q", p, Profiles())
	case p != SingleNode && c.Service != p.service(), p != SingleNode && c.Serverless != p.serverless():
		return fmt.Errorf("emulator: profile %s is no cache of service %s with serverless %v: leave both to the profile", p, c.Service, c.Serverless)
	case c.Shards < 0 || c.Replicas < 0:
		return fmt.Errorf("emulator: %d shards with %d replicas: want no negative numbers", c.Shards, c.Replicas)
	case c.Shards > 0 && !p.sharded():
		return fmt.Errorf("emulator: %d shards: only the profiles %s and %s have shards", c.Shards, ClusterEnabled, MemoryDBCluster)
	case c.Replicas > 0 && !p.sharded() && p != NodeBased:
		return fmt.Errorf("emulator: %d replicas: only the profiles %s, %s and %s have replicas that are counted", c.Replicas, NodeBased, ClusterEnabled, MemoryDBCluster)
	case c.Shards > 1 && !real:
		return fmt.Errorf("emulator: %d shards: the embedded engine can be one; use the engine valkey-server", c.Shards)
	case c.Upstream != "" && (p != SingleNode || real):
		return fmt.Errorf("emulator: upstream %s is one node behind one endpoint: name neither a profile nor an engine beside it", c.Upstream)
	case real && c.InMemory:
		return fmt.Errorf("emulator: engine %s in memory: a process cannot be reached there; use the embedded engine", c.Engine)
	case real && p.clustered() && !c.replicasReach():
		return fmt.Errorf("emulator: replicas reach their primaries by 127.0.0.1 and TLS's port: listen on a loopback or an unspecified address, with TLS")
	}
	return nil
}

// replicasReach reports whether the replicas of a cluster of real servers can follow their primaries: they know them by the
// endpoints' ports.
func (c Config) replicasReach() bool {
	if c.Replicas == 0 && c.Profile != ServerlessCache {
		return true
	}
	host, _, err := net.SplitHostPort(c.Listen)
	ip := net.ParseIP(host)
	return !c.NoTLS && (err != nil || host == "" || host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()))
}

// nodeName is a node's name as AWS writes it: orders-001, or orders-0001-001 where there are shards.
func (c Config) nodeName(shard, number int) string {
	if c.Profile.sharded() {
		return fmt.Sprintf("%s-%04d-%03d", c.Name, shard+1, number+1)
	}
	return fmt.Sprintf("%s-%03d", c.Name, number+1)
}
