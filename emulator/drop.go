package emulator

import (
	"fmt"
	"strings"
)

// DropNode makes a node fail as a machine does: its connections are cut, its endpoint refuses connections, and its engine is
// killed. If it was a primary that has a replica, the replica takes over, as with automatic failover; what the replica did not
// have yet is lost. Names are those of [Server.Nodes]. It returns when the replica has taken over.
func (s *Server) DropNode(name string) error {
	n, err := s.droppable(name)
	if err != nil {
		return err
	}
	s.askRoles()
	d := s.deployment
	d.mu.Lock()
	if n.down {
		d.mu.Unlock()
		return nil
	}
	n.down = true
	if n.endpoint != nil && n.endpoint.ln != nil {
		n.endpoint.ln.Close()
	}
	d.mu.Unlock()
	if n.process != nil {
		n.process.Kill()
	}
	for _, c := range s.connections() {
		if c.node == n {
			c.cut()
		}
	}
	if heir := d.heir(n); heir != nil {
		err := s.promote(s.ctx, heir)
		d.mu.Lock()
		n.replica = err == nil
		d.mu.Unlock()
		return err
	}
	return nil
}

// RestoreNode brings a node back that was dropped. It has the role that is left for it: a primary whose replica has taken over
// comes back as a replica. It returns when the node is ready.
func (s *Server) RestoreNode(name string) error {
	n, err := s.droppable(name)
	if err != nil {
		return err
	}
	d := s.deployment
	d.mu.Lock()
	down, e := n.down, n.endpoint
	d.mu.Unlock()
	if !down {
		return nil
	}
	if e != nil && e.ln != nil {
		if err := s.reopen(e); err != nil {
			return err
		}
	}
	if n.process != nil {
		if err := s.revive(n); err != nil {
			return fmt.Errorf("emulator: node %s: %w", n.name, err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n.down = false
	return nil
}

// droppable finds a node of a cache that shows its nodes.
func (s *Server) droppable(name string) (*node, error) {
	if s.deployment == nil {
		return nil, fmt.Errorf("emulator: node %q: the server has not started", name)
	}
	if s.config.Profile.serverless() {
		return nil, fmt.Errorf("emulator: node %q: a serverless cache has no nodes", name)
	}
	if n := s.deployment.named(name); n != nil {
		return n, nil
	}
	var known []string
	for _, n := range s.deployment.nodes {
		known = append(known, n.name)
	}
	return nil, fmt.Errorf("emulator: there is no node %q: there are %s", name, strings.Join(known, ", "))
}

// heir is the replica that takes over from a primary that is gone, nil if there is none.
func (d *deployment) heir(gone *node) *node {
	d.mu.Lock()
	wasReplica := gone.replica
	d.mu.Unlock()
	if _, replicas := d.family(gone); !wasReplica && len(replicas) > 0 {
		return replicas[0]
	}
	return nil
}

// reopen listens again where an endpoint was.
func (s *Server) reopen(e *endpoint) error {
	ln, err := s.relisten(e)
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	if !s.attach(e, ln) {
		return ErrClosed
	}
	s.running.Go(func() { s.accept(ln, e) })
	return nil
}

// revive runs a node's process again. A node of a cluster finds its place by itself.
func (s *Server) revive(n *node) error {
	if err := n.process.Resume(s.ctx); err != nil || s.config.Profile.clustered() {
		return err
	}
	if primary, _ := s.deployment.family(n); primary != nil {
		return n.process.Follow(s.ctx, primary.process)
	}
	return nil
}
