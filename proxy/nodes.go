package proxy

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mostNodes is twice what AWS lets a cluster have. mostStrangers of them may be known from errors alone, which a script can invent.
const mostNodes, mostStrangers = 1000, 32

// The nodes of a cluster are those that replies have named, each with a listener. The zero value is ready once srv is set.
type nodes struct {
	srv *Server

	mu     sync.Mutex
	home   netip.AddrPort    // where the Server's own TCP listener is, for the cache's address
	byAddr map[string]*node  // by the address that is dialled
	alias  map[string]string // that address, by another one of the same node
	ports  map[string]uint16 // the ports that nodes have had, which they get again
}

// A node is one of them.
type node struct {
	addr string
	ln   net.Listener
	port uint16

	clients atomic.Int64
	named   time.Time // when a reply named it last; guarded by nodes.mu
	vouched bool      // the cluster itself has named it; likewise
}

// settle takes note of a listener of the Server's own.
func (n *nodes) settle(ln net.Listener) {
	a, ok := ln.Addr().(*net.TCPAddr)
	n.mu.Lock()
	defer n.mu.Unlock()
	if ok && !n.home.IsValid() {
		n.home = netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), uint16(a.Port))
	}
}

// host is where the nodes' listeners are: where the Server's own is.
func (n *nodes) host() netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.home.IsValid() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return n.home.Addr()
}

// find returns the port for each address, and opens those that there are none for. A node that a whole list does not name is given up after
// a while, once it has no clients.
func (n *nodes) find(all []address, whole bool, now time.Time) ([]uint16, error) {
	host := n.host()
	n.mu.Lock()
	defer n.mu.Unlock()
	ports := make([]uint16, len(all))
	for i, a := range all {
		var err error
		if ports[i], err = n.port(host, n.known(a), whole, now); err != nil {
			return nil, err
		}
	}
	if whole {
		n.retire(now)
	}
	return ports, nil
}

// known is the address by which a node is dialled: it may be known by a name that its certificate has.
func (n *nodes) known(a address) string {
	if a.alias != "" && n.alias == nil {
		n.alias = map[string]string{}
	}
	if a.alias != "" {
		n.alias[a.alias] = a.dial
	}
	if name, ok := n.alias[a.dial]; ok {
		return name
	}
	return a.dial
}

func (n *nodes) port(host netip.Addr, addr string, vouched bool, now time.Time) (uint16, error) {
	if n.home.IsValid() && strings.EqualFold(addr, n.srv.Addr) {
		return n.home.Port(), nil
	}
	found := n.byAddr[addr]
	if found == nil {
		var err error
		if found, err = n.open(host, addr, vouched); err != nil {
			return 0, fmt.Errorf("no port for node %s: %w", addr, err)
		}
	}
	found.named, found.vouched = now, found.vouched || vouched
	return found.port, nil
}

// open makes a node's listener, and serves it.
func (n *nodes) open(host netip.Addr, addr string, vouched bool) (*node, error) {
	if strangers := n.strangers(); len(n.byAddr) >= mostNodes || strangers >= mostStrangers && !vouched {
		return nil, fmt.Errorf("%d nodes have one, of which the cluster's own list has not named %d", len(n.byAddr), strangers)
	}
	ln, err := n.listen(host, addr)
	if err != nil {
		return nil, err
	}
	made := &node{addr: addr, ln: ln, port: uint16(ln.Addr().(*net.TCPAddr).Port)}
	if err := n.srv.serveNode(made); err != nil {
		ln.Close()
		return nil, err
	}
	if n.byAddr == nil {
		n.byAddr, n.ports = map[string]*node{}, map[string]uint16{}
	}
	n.byAddr[addr], n.ports[addr] = made, made.port
	n.srv.log.Info("listening for a node", "address", ln.Addr().String(), "node", addr)
	return made, nil
}

// strangers counts the nodes that the cluster itself has not named.
func (n *nodes) strangers() (count int) {
	for _, o := range n.byAddr {
		if !o.vouched {
			count++
		}
	}
	return count
}

// listen takes the port that the node had before, or the first that is free.
func (n *nodes) listen(host netip.Addr, addr string) (ln net.Listener, err error) {
	r := n.srv.ClusterPorts
	if had, ok := n.ports[addr]; ok {
		if ln, err := listenTCP(host, had); err == nil {
			return ln, nil
		}
	}
	if r == (PortRange{}) {
		return listenTCP(host, 0)
	}
	for port := int(r.First); port <= int(r.Last); port++ {
		if ln, err = listenTCP(host, uint16(port)); err == nil {
			return ln, nil
		}
	}
	return nil, fmt.Errorf("all of %s are in use, the last with: %w", r, err)
}

func listenTCP(host netip.Addr, port uint16) (net.Listener, error) {
	return net.Listen("tcp", netip.AddrPortFrom(host, port).String())
}

// retire gives up nodes that have not been named for a while and have no clients.
func (n *nodes) retire(now time.Time) {
	for addr, old := range n.byAddr {
		if old.clients.Load() > 0 || now.Sub(old.named) < positive(n.srv.ClusterLinger, 10*time.Minute) {
			continue
		}
		old.ln.Close()
		n.drop(old)
		n.srv.log.Info("no longer listening for a node", "address", old.ln.Addr().String(), "node", addr)
	}
}

// close forgets a node whose listener has ended.
func (n *nodes) close(old *node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop(old)
}

// drop forgets a node whose listener is closed.
func (n *nodes) drop(old *node) {
	if n.byAddr[old.addr] == old {
		delete(n.byAddr, old.addr)
	}
	for other, addr := range n.alias {
		if addr == old.addr {
			delete(n.alias, other)
		}
	}
}

// count changes the number of a node's clients; nil has none.
func (o *node) count(by int64) {
	if o != nil {
		o.clients.Add(by)
	}
}

// A NodeStatus is what is known of a node of the cluster that has a listener of its own.
type NodeStatus struct {
	// Upstream is the node's address, Address that of its listener.
	Upstream string `json:"upstream"`
	Address  string `json:"address"`
	// Clients is how many clients of the node there are.
	Clients int64 `json:"clients"`
}

// list tells of the nodes, in the order of their addresses.
func (n *nodes) list() (all []NodeStatus) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range n.byAddr {
		all = append(all, NodeStatus{Upstream: o.addr, Address: o.ln.Addr().String(), Clients: o.clients.Load()})
	}
	slices.SortFunc(all, func(a, b NodeStatus) int { return strings.Compare(a.Upstream, b.Upstream) })
	return all
}
