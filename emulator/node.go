package emulator

import (
	"crypto/sha1"
	"encoding/hex"

	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// A node is one of the cache's servers. What can change is guarded by the deployment's lock.
type node struct {
	name  string
	id    string // in the cluster
	shard int

	endpoint *endpoint // its own, nil if it has none
	backend  backend
	process  *valkeyserver.Server // nil: not ours, or no process
	replica  bool
	down     bool
}

// nodeID is a name in the form of the engine's.
func nodeID(name string) string {
	sum := sha1.Sum([]byte(name))
	return hex.EncodeToString(sum[:])
}

// newNodes are the nodes of a cache: the primaries of all shards, then their first replicas, and so on.
func newNodes(c Config) (all []*node) {
	shards, replicas := max(c.Shards, 1), c.Replicas
	if c.Profile == ServerlessCache {
		replicas = 1 // behind the port for reading
	}
	for number := range 1 + replicas {
		for shard := range shards {
			name := c.nodeName(shard, number)
			all = append(all, &node{name: name, id: nodeID(name), shard: shard, replica: number > 0})
		}
	}
	return all
}

// A Role is what an endpoint or a node is for.
type Role string

// The roles. Nodes are primaries or replicas; an endpoint can be a node's own, or lead to those that have a role.
const (
	PrimaryRole       Role = "primary"
	ReaderRole        Role = "reader"        // of an endpoint: the replicas, the primary if there are none
	ReplicaRole       Role = "replica"       // of a node
	ConfigurationRole Role = "configuration" // of an endpoint: any node of a cluster
	NodeRole          Role = "node"          // of an endpoint: one node, whatever that is at the moment
)

func (n *node) role() Role {
	if n.replica {
		return ReplicaRole
	}
	return PrimaryRole
}
