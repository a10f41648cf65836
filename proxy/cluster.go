package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/valetkey/valetkey/internal/topology"
)

// A ClusterMode says whether the nodes of a cluster get listeners of their own, so that clients that find them in CLUSTER SLOTS and the
// like, or in a MOVED or ASK, connect to the Server again and not past it.
type ClusterMode string

const (
	// ClusterAuto is for clients that come by TCP: their replies name the nodes' listeners, which are made when a node is named first. The
	// empty mode is the same. A cache that is no cluster names none.
	ClusterAuto ClusterMode = "auto"
	// ClusterOn is for clients that come by a Unix socket too. The nodes' listeners are on loopback then, so every user of the machine can reach
	// them.
	ClusterOn ClusterMode = "on"
	// ClusterOff leaves the replies as they are.
	ClusterOff ClusterMode = "off"
)

// A PortRange are the ports from First to Last. The zero range is whatever is free.
type PortRange struct{ First, Last uint16 }

// ParsePortRange reads "FIRST-LAST".
func ParsePortRange(s string) (PortRange, error) {
	first, last, _ := strings.Cut(s, "-")
	a, err := strconv.ParseUint(first, 10, 16)
	b, err2 := strconv.ParseUint(last, 10, 16)
	if err != nil || err2 != nil || a == 0 || b < a {
		return PortRange{}, fmt.Errorf("%q is no range of ports: want FIRST-LAST", s)
	}
	return PortRange{uint16(a), uint16(b)}, nil
}

// String is the range as ParsePortRange reads it, "" for the zero range.
func (r PortRange) String() string {
	if r == (PortRange{}) {
		return ""
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

var errSharedNodes = errors.New("proxy: ClusterOn beside AllowUIDs or AllowGIDs: every user of the machine could reach the nodes' ports; set a Password or ClusterOff")

// rename is how replies to a client name the nodes of a cluster: by the listener for each, at the address by which the client came. It is
// nil where they stay as they are.
func (s *Server) rename(c *client) topology.Rename {
	local, tcp := c.conn.LocalAddr().(*net.TCPAddr)
	if s.Cluster == ClusterOff || !tcp && s.Cluster != ClusterOn {
		return nil
	}
	return func(nodes []topology.Node, whole bool) ([]netip.AddrPort, error) {
		host, all := s.nodes.host(), make([]netip.AddrPort, len(nodes))
		if host.IsUnspecified() && tcp {
			host = local.AddrPort().Addr().Unmap().WithZone("")
		}
		ports, err := s.nodes.find(s.addresses(nodes, c.addr()), whole, time.Now())
		for i, port := range ports {
			all[i] = netip.AddrPortFrom(host, port)
		}
		return all, err
	}
}

// An address is where a node is reached, and where else it is known to be.
type address struct{ dial, alias string }

// addresses are those of nodes, as said on a connection to from.
func (s *Server) addresses(nodes []topology.Node, from string) []address {
	all := make([]address, len(nodes))
	for i, n := range nodes {
		host, port := n.Host(), n.Port
		if n.TLSPort > 0 && !s.Dialer.Plaintext {
			port = n.TLSPort
		}
		if host == "" {
			host, _, _ = net.SplitHostPort(from)
		}
		all[i].dial = join(host, port)
		if n.IP != "" && n.IP != host {
			all[i].alias = join(n.IP, port)
		}
	}
	return all
}

func join(host string, port int) string {
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(host, ".")), strconv.Itoa(port))
}

// addr is what the client's upstream connection is made to.
func (c *client) addr() string {
	if c.node == nil {
		return c.srv.Addr
	}
	return c.node.addr
}
