package emulator

import (
	"crypto/tls"
	"strings"
)

// An Endpoint is an address that clients connect to.
type Endpoint struct {
	// Role is what it leads to: the primary, the replicas (reader), any node (configuration), or one node.
	Role Role `json:"role"`
	// Address is its host:port.
	Address string `json:"address"`
	// Node is the node's name, of an endpoint that leads to one.
	Node string `json:"node,omitempty"`
}

// A Node is one of the cache's servers. Serverless caches have one too, which AWS does not show.
type Node struct {
	// Name is the node's id in AWS's form, such as orders-0001-002.
	Name string `json:"name"`
	// Role is PrimaryRole or ReplicaRole.
	Role Role `json:"role"`
	// Shard counts from 1.
	Shard int `json:"shard"`
	// Address is that of the node's own endpoint, "" if it has none.
	Address string `json:"address,omitempty"`
	// ID is the node's id in its cluster.
	ID string `json:"id,omitempty"`
	// Down says that the node was dropped.
	Down bool `json:"down"`
}

// Endpoints are the addresses that clients connect to. The first is the one of [Server.Addr]. The server must have been started.
func (s *Server) Endpoints() (all []Endpoint) {
	d := s.deployment
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.endpoints {
		shown := Endpoint{Role: e.role, Address: e.addr}
		if e.node != nil && !s.config.Profile.serverless() {
			shown.Node = e.node.name
		}
		all = append(all, shown)
	}
	return all
}

// Nodes are the cache's servers with their roles at the moment: the primaries as the server began, then their replicas. The server
// must have been started.
func (s *Server) Nodes() (all []Node) {
	s.askRoles()
	d := s.deployment
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.nodes {
		shown := Node{Name: n.name, Role: n.role(), Shard: n.shard + 1, Down: n.down}
		if n.endpoint != nil {
			shown.Address = n.endpoint.addr
		}
		if s.config.Profile.clustered() {
			shown.ID = n.id
		}
		all = append(all, shown)
	}
	return all
}

// askRoles asks the processes of a cluster, which may have made a replica the primary by themselves.
func (s *Server) askRoles() {
	if !s.config.Profile.clustered() {
		return
	}
	d := s.deployment
	for _, n := range d.nodes {
		process := d.running(n)
		if process == nil {
			continue
		}
		if answer, err := process.Do("ROLE"); err == nil {
			d.mu.Lock()
			n.replica = !strings.Contains(answer, "\r\nmaster\r\n")
			d.mu.Unlock()
		}
	}
}

// engineName is what answers commands, with its version if that is known.
func (s *Server) engineName() string {
	d := s.deployment
	d.mu.Lock()
	defer d.mu.Unlock()
	switch process := d.nodes[0].process; {
	case process != nil:
		return process.Version
	case s.config.Upstream != "":
		return s.config.Upstream
	}
	return s.config.Engine
}

func (s *Server) tlsMinVersion() string {
	switch {
	case s.tls == nil:
		return ""
	case s.tls.MinVersion == tls.VersionTLS13:
		return "1.3"
	}
	return "1.2"
}
