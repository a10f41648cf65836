package topology

import (
	"net/netip"
	"strconv"
)

// A Node is where a cluster says that one of its nodes is.
type Node struct {
	// Endpoint is the host that clients are to use: a name or an address. It is "" where that is the host they are connected to, and
	// "?" where the cluster has been told to give names and knows none.
	Endpoint string
	// IP and Hostname are what else is said of it; "" if nothing.
	IP, Hostname string
	// Port is where clients connect, TLSPort where those that speak TLS do if that is said apart; 0 if it is not said.
	Port, TLSPort int
}

// Host is the host to connect to: a name, where one is known, because certificates have names. It is "" where that is the host on
// which this was said.
func (n Node) Host() string {
	switch _, err := netip.ParseAddr(n.Endpoint); {
	case n.Endpoint == "?" && n.Hostname == "":
		return n.IP
	case n.Hostname != "" && n.Endpoint != "" && (err == nil || n.Endpoint == "?"):
		return n.Hostname
	}
	return n.Endpoint
}

// A Rename says where clients are to find nodes: one address for each. whole is set where nodes are all that the cluster has. Its error
// is what clients are told instead.
type Rename func(nodes []Node, whole bool) ([]netip.AddrPort, error)

// A roll collects the nodes that a reply names, and how to name them otherwise.
type roll struct {
	nodes []Node
	set   []func(local netip.AddrPort)
}

func (r *roll) add(n Node, set func(netip.AddrPort)) {
	if n.Port == 0 && n.TLSPort == 0 { // nobody can connect to it
		return
	}
	r.nodes, r.set = append(r.nodes, n), append(r.set, set)
}

// rename names the nodes otherwise.
func (r *roll) rename(to Rename, whole bool) error {
	if len(r.nodes) == 0 {
		return nil
	}
	local, err := to(r.nodes, whole)
	if err != nil {
		return err
	}
	for i, set := range r.set {
		set(local[i])
	}
	return nil
}

// port reads a port; 0 if it is none.
func port(text []byte) int {
	n, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}
