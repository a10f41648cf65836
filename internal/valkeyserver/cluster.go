package valkeyserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

const slots = 16384

// A ClusterConfig says what cluster to make.
type ClusterConfig struct {
	// Config is that of every node. Each has a directory of its own, whatever Dir says.
	Config
	// Masters is how many masters there are, at least 1; the slots are spread evenly over them. Replicas is how many each has.
	Masters, Replicas int
	// Announce are the host:port that the nodes name to clients, in the order of Nodes; default their own. A node with a host name
	// announces it as its preferred endpoint. Replicas follow their masters by way of this port on 127.0.0.1: whoever listens there
	// must pass them on to the node.
	Announce []string
	// OnStart, if not nil, is called for each node when it runs and has not joined the others yet.
	OnStart func(i int, s *Server)
}

// A Node is a server that is part of a cluster.
type Node struct {
	*Server
	// ID is the node's name in the cluster.
	ID string
	// Announced is the host:port that the node names to clients.
	Announced string
}

// A Cluster is some servers that make one.
type Cluster struct {
	// Nodes are the masters, then their first replicas in the masters' order, then the second ones.
	Nodes []*Node

	config ClusterConfig
}

// StartCluster runs a cluster and returns when all of it is ready: every node knows every other by the announced address, and the
// replicas have what their masters have.
func StartCluster(ctx context.Context, c ClusterConfig) (*Cluster, error) {
	n := c.Masters * (1 + c.Replicas)
	if n < 1 || c.Announce != nil && len(c.Announce) != n {
		return nil, fmt.Errorf("a cluster of %d masters with %d replicas has %d nodes, and %d addresses were given", c.Masters, c.Replicas, n, len(c.Announce))
	}
	ctx, cancel := context.WithTimeout(ctx, 2*startLimit)
	defer cancel()
	f := &Cluster{config: c}
	for i := range n {
		if err := f.add(ctx, i); err != nil {
			return nil, errors.Join(err, f.Stop())
		}
	}
	if err := f.join(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("joining the cluster: %w", err), f.Stop())
	}
	return f, nil
}

// add runs one node.
func (f *Cluster) add(ctx context.Context, i int) error {
	c := f.config.Config
	c.Dir, c.Unix = "", false
	announced := ""
	if f.config.Announce != nil {
		announced = f.config.Announce[i]
	}
	s, err := StartNode(ctx, c, announced)
	if err != nil {
		return err
	}
	n := &Node{Server: s, Announced: announced}
	if announced == "" {
		n.Announced = s.Addr
	}
	f.Nodes = append(f.Nodes, n)
	if f.config.OnStart != nil {
		f.config.OnStart(i, s)
	}
	n.ID, err = s.Do("CLUSTER", "MYID")
	return err
}

// StartNode runs a node that belongs to no cluster yet, for whoever makes one by steps. It announces that host:port to clients, its own
// if that is "".
func StartNode(ctx context.Context, c Config, announce string) (*Server, error) {
	return start(ctx, c, func(busPort int) []string { return clusterSettings(busPort, announce) })
}

// clusterSettings make a node announce an address, under a host name if it has one, as a node of AWS with TLS does. News of a node
// reach every other within half the node timeout.
func clusterSettings(busPort int, announced string) []string {
	args := []string{"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(busPort), "--cluster-node-timeout", "4000"}
	if announced == "" {
		return args
	}
	host, port, _ := net.SplitHostPort(announced)
	args = append(args, "--cluster-announce-bus-port", strconv.Itoa(busPort), "--cluster-announce-port", port, "--cluster-announce-ip", "127.0.0.1")
	if net.ParseIP(host) == nil {
		args = append(args, "--cluster-announce-hostname", host, "--cluster-preferred-endpoint-type", "hostname")
	}
	return args
}

// Stop ends all servers and removes their files.
func (f *Cluster) Stop() error {
	if f == nil {
		return nil
	}
	var errs []error
	for _, n := range f.Nodes {
		errs = append(errs, n.Stop())
	}
	return errors.Join(errs...)
}

// join makes a cluster of the nodes.
func (f *Cluster) join(ctx context.Context) error {
	for i, n := range f.Nodes {
		if err := f.assign(i, n); err != nil {
			return err
		}
	}
	if err := f.meet(ctx); err != nil {
		return err
	}
	for i, n := range f.Nodes[f.config.Masters:] {
		if _, err := n.Do("CLUSTER", "REPLICATE", f.Nodes[i%f.config.Masters].ID); err != nil {
			return err
		}
	}
	return f.Await(ctx, func(n *Node) (bool, error) {
		if err := n.synced(ctx); err != nil {
			return false, err
		}
		info, err := n.Do("CLUSTER", "INFO")
		if err != nil || !strings.Contains(info, "cluster_state:ok") {
			return false, err
		}
		table, err := n.Do("CLUSTER", "SLOTS")
		return f.names(table), err
	})
}

// assign gives a master its slots, and every node an epoch of its own, which spares them from sorting that out.
func (f *Cluster) assign(i int, n *Node) error {
	if i < f.config.Masters {
		first, last := slots*i/f.config.Masters, slots*(i+1)/f.config.Masters-1
		if _, err := n.Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last)); err != nil {
			return err
		}
	}
	_, err := n.Do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	return err
}

// meet introduces everybody to everybody, and waits until they know each other and the way to each other's clients.
func (f *Cluster) meet(ctx context.Context) error {
	for _, n := range f.Nodes {
		for _, other := range f.Nodes {
			if _, err := n.Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(other.Port), strconv.Itoa(other.BusPort)); err != nil {
				return err
			}
		}
	}
	return f.Await(ctx, func(n *Node) (bool, error) {
		nodes, err := n.Do("CLUSTER", "NODES")
		return err == nil && f.knows(nodes), err
	})
}

// knows reports whether the text of CLUSTER NODES has every node at its announced address.
func (f *Cluster) knows(nodes string) bool {
	for _, other := range f.Nodes {
		host, port, _ := net.SplitHostPort(other.Announced)
		line := lineWith(nodes, other.ID+" 127.0.0.1:"+port+"@")
		if line == "" || net.ParseIP(host) == nil && !strings.Contains(line, ","+host+" ") {
			return false
		}
	}
	return strings.Count(nodes, "\n") == len(f.Nodes) && !strings.Contains(nodes, "handshake")
}

func lineWith(text, start string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, start) {
			return line
		}
	}
	return ""
}

// names reports whether a table of the slots has every node in it, under the address that it announces.
func (f *Cluster) names(table string) bool {
	for _, n := range f.Nodes {
		host, port, _ := net.SplitHostPort(n.Announced)
		if !strings.Contains(table, host+"\r\n:"+port+"\r\n") {
			return false
		}
	}
	return true
}

// Await asks each node until ok says that it is.
func (f *Cluster) Await(ctx context.Context, ok func(*Node) (bool, error)) error {
	for _, n := range f.Nodes {
		if err := Poll(ctx, func() (bool, error) { return ok(n) }); err != nil {
			return fmt.Errorf("node %s: %w", n.Announced, err)
		}
	}
	return nil
}
