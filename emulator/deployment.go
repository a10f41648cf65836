package emulator

import (
	"net"
	"strconv"
	"sync"

	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// A deployment is a cache's nodes and the endpoints that lead to them. Safe for concurrent use.
type deployment struct {
	mu        sync.Mutex
	nodes     []*node
	endpoints []*endpoint
	turn      int     // of the endpoints that spread connections
	starting  bool    // the engine is not ready yet
	engine    backend // what is in front of no process of ours; nil: all are
	cluster   *valkeyserver.Cluster
}

// An endpoint is an address that clients connect to.
type endpoint struct {
	role Role
	node *node // the one that it leads to; nil: by role

	addr string // host:port that clients are told; "" before it is known
	ln   net.Listener
}

// newDeployment plans what a cache has. Nothing listens yet, and no node has an engine.
func newDeployment(c Config) *deployment {
	d := &deployment{nodes: newNodes(c)}
	switch {
	case c.Profile == NodeBased:
		d.add(PrimaryRole, nil)
		d.add(ReaderRole, nil)
	case c.Profile.sharded():
		d.add(ConfigurationRole, nil)
	case c.Profile == ServerlessCache:
		d.add(PrimaryRole, d.nodes[0])
		d.add(ReaderRole, d.nodes[1])
	default:
		d.add(PrimaryRole, nil)
	}
	if c.Profile == NodeBased || c.Profile.sharded() {
		for _, n := range d.nodes {
			d.add(NodeRole, n)
		}
	}
	if c.Profile == PublicEndpoint {
		d.endpoints[0].node, d.nodes[0].endpoint = d.nodes[0], d.endpoints[0]
	}
	return d
}

func (d *deployment) add(r Role, n *node) {
	e := &endpoint{role: r, node: n}
	d.endpoints = append(d.endpoints, e)
	if n != nil {
		n.endpoint = e
	}
}

// setStarting keeps clients away, or lets them in: the engine is not ready yet, or is.
func (d *deployment) setStarting(starting bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.starting = starting
}

// pick is the node that the next connection to an endpoint goes to, nil if there is none.
func (d *deployment) pick(e *endpoint) *node {
	d.mu.Lock()
	defer d.mu.Unlock()
	var fit []*node
	for _, n := range d.nodes {
		if !n.down && !d.starting && d.leads(e, n) {
			fit = append(fit, n)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	d.turn++
	return fit[d.turn%len(fit)]
}

// leads reports whether an endpoint leads to a node.
func (d *deployment) leads(e *endpoint, n *node) bool {
	switch {
	case e.node != nil:
		return e.node == n
	case e.role == PrimaryRole:
		return !n.replica
	case e.role == ReaderRole:
		return n.replica || d.alone()
	}
	return true
}

// alone reports whether no replica is there to read from.
func (d *deployment) alone() bool {
	for _, n := range d.nodes {
		if n.replica && !n.down {
			return false
		}
	}
	return true
}

// at is the endpoint that clients know by that address, the first one if there is none.
func (d *deployment) at(addr string) *endpoint {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.endpoints {
		if e.addr == addr {
			return e
		}
	}
	return d.endpoints[0]
}

// address is what clients are told of the first endpoint.
func (d *deployment) address() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.endpoints[0].addr
}

// named returns a node by its name, nil if there is none.
func (d *deployment) named(name string) *node {
	for _, n := range d.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// running is a node's process, nil if it has none or is down.
func (d *deployment) running(n *node) *valkeyserver.Server {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n.down {
		return nil
	}
	return n.process
}

// family are the other nodes of a node's shard that are up: the primary, nil if it is the node itself or gone, and the replicas.
func (d *deployment) family(of *node) (primary *node, replicas []*node) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.nodes {
		switch {
		case n == of || n.down || n.shard != of.shard:
		case n.replica:
			replicas = append(replicas, n)
		default:
			primary = n
		}
	}
	return primary, replicas
}

// inMemory gives the endpoints the addresses by which Dial finds them.
func (d *deployment) inMemory() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, e := range d.endpoints {
		e.addr = net.JoinHostPort("localhost", strconv.Itoa(6379+i))
	}
}

// close ends the engines.
func (d *deployment) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.engine != nil {
		d.engine.close()
	}
	for _, n := range d.nodes {
		n.process.Stop()
	}
	d.cluster.Stop()
}
