package emulator

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator/controlplane"
	"github.com/valetkey/valetkey/verify"
)

// ControlPlane answers the questions about the cache that AWS's APIs answer: see [controlplane.New]. It is plain HTTP, and safe
// for concurrent use; the server must have been started. With [Config.ControlPlane] the server serves it itself.
func (s *Server) ControlPlane() http.Handler { return controlplane.New(plane{s, time.Now()}) }

// ControlPlaneURL is where the control plane is served, for AWS_ENDPOINT_URL; "" if it is not.
func (s *Server) ControlPlaneURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plane == nil {
		return ""
	}
	host, port, _ := net.SplitHostPort(s.plane.Addr().String()) // a listener's address always has both
	if net.ParseIP(host).IsUnspecified() {
		host = cmp.Or(s.config.Host, "127.0.0.1")
	}
	return "http://" + net.JoinHostPort(host, port)
}

// startControlPlane serves the control plane until the server closes.
func (s *Server) startControlPlane() error {
	if s.config.ControlPlane == "" {
		return nil
	}
	address := s.config.ControlPlane
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("emulator: control plane: %w", err)
	}
	if !s.adopt(ln, &s.plane) {
		return ErrClosed
	}
	server := &http.Server{Handler: s.ControlPlane(), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return s.ctx }}
	context.AfterFunc(s.ctx, func() { server.Close() })
	s.running.Go(func() { server.Serve(ln) })
	return nil
}

// A plane is the server as its control plane sees it.
type plane struct {
	s     *Server
	since time.Time
}

// Key finds an access key.
func (p plane) Key(id string) (verify.Key, bool) { return p.s.keys.Key(id) }

// Age counts the jumps of the clock that came later.
func (p plane) Age(then time.Time) time.Duration {
	return time.Since(then) + p.s.clock.skippedSince(then)
}

// Caller is the principal of a key, or the account's root if there are no principals: both may do everything.
func (p plane) Caller(key string) (string, bool) {
	who, known, none := p.s.principals.of(key)
	if none {
		return p.s.config.iamARN("root"), true
	}
	return who.ARN, known
}

// Principal reports whether there is one of that ARN.
func (p plane) Principal(arn string) bool {
	_, ok := p.s.principals.get(arn)
	return ok
}

// Role finds a role by its name, whatever its path.
func (p plane) Role(name string) (string, bool) {
	for _, arn := range p.s.principals.arns() {
		if _, path, ok := strings.Cut(arn, ":role/"); ok && path[strings.LastIndex(path, "/")+1:] == name {
			return arn, true
		}
	}
	return "", false
}

// Circumstances are the condition keys that every service of AWS supplies, as far as there is something to say.
func (p plane) Circumstances(remote string) map[string]string {
	now := p.s.clock.now().UTC()
	ip, _, _ := net.SplitHostPort(remote)
	return map[string]string{
		"aws:sourceip":        cmp.Or(p.s.config.ClientIP, ip),
		"aws:currenttime":     now.Format(time.RFC3339),
		"aws:epochtime":       strconv.FormatInt(now.Unix(), 10),
		"aws:requestedregion": p.s.config.Region,
	}
}

// Decide asks a principal's policies; an account's root needs none.
func (p plane) Decide(q controlplane.Question) (controlplane.Decision, error) {
	if strings.HasSuffix(q.Principal, ":root") {
		return controlplane.Decision{Allowed: true}, nil
	}
	who, _ := p.s.principals.get(q.Principal)
	policies := who.Policies
	for _, document := range q.Policies {
		more, err := ParsePolicy([]byte(document))
		if err != nil {
			return controlplane.Decision{}, err
		}
		policies = append(policies[:len(policies):len(policies)], more)
	}
	return explain(policies, request{q.Action, q.Resource, q.Context}), nil
}

// Users are the group's.
func (p plane) Users() (all []controlplane.User) {
	for _, u := range p.s.users.describe() {
		member, ok := p.s.users.get(u.Name)
		if ok {
			all = append(all, controlplane.User{Name: member.Name, Passwords: len(member.Passwords), Off: member.Off})
		}
	}
	return all
}

// Cache is the cache that the server plays, with the roles that its nodes have at the moment.
func (p plane) Cache() controlplane.Cache {
	c := p.s.config
	engine, version := p.engine()
	cache := controlplane.Cache{Service: c.Service, Serverless: c.Serverless, Name: c.Name, Region: c.Region, Account: c.Account,
		Engine: engine, EngineVersion: version, TLS: !c.NoTLS, ClusterMode: c.Profile == ClusterEnabled, UserGroup: c.UserGroup, Created: p.since,
		Shards: p.shards()}
	for _, e := range p.s.Endpoints() {
		switch at := clientEndpoint(e.Address); {
		case cache.Endpoint == controlplane.Endpoint{}:
			if cache.Endpoint = at; c.Profile != PublicEndpoint {
				cache.Reader = at // without a reader endpoint of its own, the first serves readers too
			}
		case e.Role == ReaderRole:
			cache.Reader = at
		}
	}
	return cache
}

// engine is its name and version, those of the process if there is one, and otherwise what the service has.
func (p plane) engine() (name, version string) {
	program, version, _ := strings.Cut(p.s.engineName(), " ")
	switch {
	case version != "" && strings.HasPrefix(program, "redis"):
		return "redis", version
	case version != "":
		return "valkey", version
	case p.s.config.Service == valetkey.MemoryDB:
		return "valkey", "7.2.6"
	}
	return "valkey", "8.0.1"
}

// shards have the slots in equal parts, as a new cluster has them.
func (p plane) shards() []controlplane.Shard {
	n := max(p.s.config.Shards, 1)
	all := make([]controlplane.Shard, n)
	for i := range all {
		all[i].First, all[i].Last = i*slots/n, (i+1)*slots/n-1
	}
	for _, node := range p.s.Nodes() {
		at := clientEndpoint(cmp.Or(node.Address, p.s.Addr()))
		shard := &all[node.Shard-1]
		shard.Nodes = append(shard.Nodes, controlplane.Node{Name: node.Name, Endpoint: at, Replica: node.Role == ReplicaRole})
	}
	return all
}

// clientEndpoint is an address that clients are told, taken apart.
func clientEndpoint(address string) controlplane.Endpoint {
	host, port, _ := net.SplitHostPort(address)
	if net.ParseIP(host).IsUnspecified() { // nobody can connect to that
		host = "127.0.0.1"
	}
	n, _ := strconv.Atoi(port)
	return controlplane.Endpoint{Host: host, Port: n}
}
