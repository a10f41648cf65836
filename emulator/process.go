package emulator

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"

	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// startEngine runs a server process for each node, if the engine is one, and returns when they are ready.
func (s *Server) startEngine() error {
	program := s.config.program()
	if program == "" {
		return nil
	}
	c := valkeyserver.Config{Program: program, Password: rand.Text()} // which keeps everybody away who does not come by the gate
	if s.config.Profile.clustered() {
		return s.startCluster(c)
	}
	return s.startReplicated(c)
}

// startReplicated runs a primary and its replicas. A lonely primary needs no port.
func (s *Server) startReplicated(c valkeyserver.Config) error {
	nodes := s.deployment.nodes
	c.Unix = len(nodes) == 1
	for _, n := range nodes {
		c := c
		if n.replica {
			c.Args = announcement(n.endpoint.addr)
		}
		process, err := valkeyserver.Start(s.ctx, c)
		if err != nil {
			return err
		}
		s.deployment.man(n, process, c.Password)
		if !n.replica {
			continue
		}
		if err := process.Follow(s.ctx, nodes[0].process); err != nil {
			return err
		}
	}
	return nil
}

// announcement makes a replica known to clients by its endpoint, in the primary's INFO and ROLE.
func announcement(addr string) []string {
	host, port, _ := net.SplitHostPort(addr)
	return []string{"--replica-announce-ip", host, "--replica-announce-port", port}
}

// startCluster runs a cluster whose nodes announce their endpoints.
func (s *Server) startCluster(c valkeyserver.Config) error {
	d := s.deployment
	shards := max(s.config.Shards, 1)
	cluster, err := valkeyserver.StartCluster(s.ctx, valkeyserver.ClusterConfig{
		Config: c, Masters: shards, Replicas: len(d.nodes)/shards - 1, Announce: d.addresses(),
		OnStart: func(i int, process *valkeyserver.Server) { d.man(d.nodes[i], process, c.Password) },
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cluster = cluster
	for i, n := range d.nodes {
		n.id = cluster.Nodes[i].ID
	}
	return nil
}

// man puts a process behind a node.
func (d *deployment) man(n *node, process *valkeyserver.Server, password string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n.process = process
	n.backend = &upstream{network: process.Network, addr: process.Addr, password: password}
}

// addresses are the nodes' own endpoints.
func (d *deployment) addresses() (all []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.nodes {
		all = append(all, n.endpoint.addr)
	}
	return all
}

// promote makes the node the one that takes writes, once the primary of its shard is gone: what the service does by itself where
// automatic failover is on.
func (s *Server) promote(ctx context.Context, n *node) error {
	d := s.deployment
	if n.process != nil {
		order := []string{"REPLICAOF", "NO", "ONE"}
		if s.config.Profile.clustered() {
			order = []string{"CLUSTER", "FAILOVER", "TAKEOVER"}
		}
		if _, err := n.process.Do(order...); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	d.mu.Lock()
	n.replica = false
	d.mu.Unlock()
	if n.process == nil || s.config.Profile.clustered() { // whose replicas find the new primary by themselves
		return nil
	}
	_, replicas := d.family(n)
	for _, other := range replicas {
		if err := other.process.Follow(ctx, n.process); err != nil {
			return fmt.Errorf("%s: %w", other.name, err)
		}
	}
	return nil
}
