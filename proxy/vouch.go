package proxy

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/topology"
)

// connect makes the upstream connection for a client of a node, nil being the cache's own address. What a MOVED or an ASK names may be
// anybody's invention, because a script can answer with such an error. So a token goes only to what the cluster itself has named.
func (s *Server) connect(ctx context.Context, to *node) (net.Conn, error) {
	if to == nil {
		return s.Dialer.DialContext(ctx, "tcp", s.Addr)
	}
	addr, ok := s.nodes.vouched(to)
	if !ok {
		var err error
		if addr, err = s.vouch(ctx, to); err != nil {
			return nil, err
		}
	}
	return s.dialerFor(addr).DialContext(ctx, "tcp", addr)
}

// vouched reports whether the cluster has named a node, and by which address it is dialled.
func (n *nodes) vouched(of *node) (addr string, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known(address{dial: of.addr}), of.vouched
}

// vouch asks the cache itself whether a node is its own. News of a node may need a moment to get around.
func (s *Server) vouch(ctx context.Context, of *node) (addr string, err error) {
	if err := s.learn(ctx); err != nil {
		return "", err
	}
	for pause := 100 * time.Millisecond; ctx.Err() == nil; pause *= 2 {
		if addr, ok := s.nodes.vouched(of); ok {
			return addr, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
			_ = s.learn(ctx) // it has worked before
		}
	}
	return "", fmt.Errorf("%s is no node of the cluster: %s does not name it", of.addr, s.Addr)
}

// learn has the cache name its nodes. A user may be allowed only one of the two requests.
func (s *Server) learn(ctx context.Context) error {
	conn, err := s.Dialer.DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if by, ok := ctx.Deadline(); ok {
		conn.SetDeadline(by)
	}
	if _, err := conn.Write(resp.AppendCommand(resp.AppendCommand(nil, "CLUSTER", "NODES"), "CLUSTER", "SLOTS")); err != nil {
		return &valetkey.Error{Op: "ask", Subject: s.Addr, Reason: valetkey.ConnectionLost, Err: err}
	}
	replies := resp.NewReplyReader(conn)
	for _, form := range []topology.Form{topology.Nodes, topology.Slots} {
		reply, err := replies.Next()
		if err != nil {
			return &valetkey.Error{Op: "ask", Subject: s.Addr, Reason: valetkey.ConnectionLost, Err: err}
		}
		if reply.Kind != '-' {
			topology.Rewrite(nil, reply.Raw, form, s.learned)
		}
	}
	return nil
}

// learned takes note of the nodes of a list that the cache has given, and gives them no other names.
func (s *Server) learned(nodes []topology.Node, _ bool) ([]netip.AddrPort, error) {
	for _, a := range s.addresses(nodes, s.Addr) {
		s.nodes.vouchFor(a)
	}
	return make([]netip.AddrPort, len(nodes)), nil
}

func (n *nodes) vouchFor(a address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, addr := range []string{n.known(a), a.alias} {
		if found := n.byAddr[addr]; found != nil {
			found.vouched = true
		}
	}
}

// dialerFor is the Dialer for a node. A name that the user has given for the cache's certificate is not the nodes'.
func (s *Server) dialerFor(addr string) *valetkey.Dialer {
	cache, _, _ := net.SplitHostPort(s.Addr)
	if host, _, _ := net.SplitHostPort(addr); s.nodeDialer == nil || host == cache {
		return &s.Dialer
	}
	return s.nodeDialer
}

// buildNodeDialer makes the Dialer for nodes, where it cannot be the one for the cache.
func (s *Server) buildNodeDialer() {
	d := &s.Dialer
	if d.TLSConfig == nil || d.TLSConfig.ServerName == "" {
		return
	}
	cfg := d.TLSConfig.Clone()
	cfg.ServerName = ""
	s.nodeDialer = &valetkey.Dialer{
		Source: d.Source, TLSConfig: cfg, Plaintext: d.Plaintext, DialFunc: d.DialFunc, SessionLimit: d.SessionLimit,
		RenewAfter: d.RenewAfter, RenewBy: d.RenewBy, AuthTimeout: d.AuthTimeout, Observer: d.Observer,
	}
}

// upstreamStats are the counts of the Dialers together.
func (s *Server) upstreamStats() valetkey.Stats {
	sum := s.Dialer.Stats()
	if s.nodeDialer == nil {
		return sum
	}
	n := s.nodeDialer.Stats()
	sum.Open, sum.OldestAuth = sum.Open+n.Open, max(sum.OldestAuth, n.OldestAuth)
	sum.Dialed, sum.Renewed, sum.Deferred = sum.Dialed+n.Dialed, sum.Renewed+n.Renewed, sum.Deferred+n.Deferred
	sum.Failed, sum.Replaced, sum.Cut = sum.Failed+n.Failed, sum.Replaced+n.Replaced, sum.Cut+n.Cut
	if n.LastToken.After(sum.LastToken) {
		sum.LastToken, sum.TokenExpires = n.LastToken, n.TokenExpires
	}
	return sum
}
