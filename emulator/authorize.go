package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valetkey/valetkey"
)

// A Principal is an IAM user, a role or an account's root, with the access keys that act for it and what it may do.
type Principal struct {
	// ARN names it, for the log; one that ends in ":root" is always allowed (reported: an account's root needs no policy).
	ARN string `json:"arn"`
	// Keys are the ids of its access keys, long-term ones and those of its sessions.
	Keys []string `json:"keys"`
	// Policies are all that apply to it. Permission boundaries, session policies and policies of an organisation are not
	// played; a Deny has the same effect.
	Policies []Policy `json:"policies"`
}

// principals is who there is; safe for concurrent use.
type principals struct {
	mu    sync.RWMutex
	byARN map[string]Principal
}

func (ps *principals) put(p Principal) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.byARN == nil {
		ps.byARN = map[string]Principal{}
	}
	ps.byARN[p.ARN] = p
}

// of finds who a key acts for. none says that there are no principals at all, which allows everything.
func (ps *principals) of(key string) (p Principal, known, none bool) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	for _, arn := range slices.Sorted(maps.Keys(ps.byARN)) {
		if p := ps.byARN[arn]; slices.Contains(p.Keys, key) {
			return p, true, false
		}
	}
	return Principal{}, false, len(ps.byARN) == 0
}

func (ps *principals) get(arn string) (Principal, bool) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	p, ok := ps.byARN[arn]
	return p, ok
}

func (ps *principals) arns() []string {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	return slices.Sorted(maps.Keys(ps.byARN))
}

// PutPrincipal adds a principal, or replaces the one with its ARN. From the first one on, access keys that belong to none
// may do nothing. Connections stay, as on AWS when a permission is taken away (documented).
func (s *Server) PutPrincipal(p Principal) { s.principals.put(p) }

// authorize is check 17: the principal must be allowed to connect both to the cache and as the user. Documented.
func (s *Server) authorize(u User, key string, remote net.Addr) *refusal {
	p, known, none := s.principals.of(key)
	switch {
	case none || known && strings.HasSuffix(p.ARN, ":root"):
		return nil
	case !known:
		return wrongpass(NotAuthorized, "the access key belongs to no principal")
	}
	for _, resource := range []struct {
		arn  string
		tags map[string]string
	}{{s.config.cacheARN(), s.config.Tags}, {s.config.userARN(u.Name), u.Tags}} {
		r := request{s.config.connectAction(), resource.arn, s.circumstances(remote, resource.tags)}
		switch d := decide(p.Policies, r); {
		case d.denied:
			return wrongpass(NotAuthorized, fmt.Sprintf("%s: %s on %s is denied by %s", p.ARN, r.action, r.resource, d.by))
		case !d.allowed:
			return wrongpass(NotAuthorized, fmt.Sprintf("%s: no policy allows %s on %s", p.ARN, r.action, r.resource))
		}
	}
	return nil
}

// circumstances are the condition keys that AWS supplies. For replication groups it documents aws:SourceIp and
// aws:ResourceTag, for serverless caches aws:VpcSourceIp, aws:SourceVpc, aws:SourceVpce, aws:CurrentTime, aws:EpochTime and
// aws:ResourceTag. For MemoryDB it says that it has not all global keys and names none: that it has what replication groups
// have is assumed. The tags are those of the resource in question.
func (s *Server) circumstances(remote net.Addr, tags map[string]string) map[string]string {
	context := map[string]string{}
	for k, v := range tags {
		context["aws:resourcetag/"+strings.ToLower(k)] = v
	}
	ip := cmp.Or(s.config.ClientIP, host(remote))
	if !s.config.Serverless {
		context["aws:sourceip"] = ip
		return context
	}
	now := s.clock.now().UTC()
	context["aws:vpcsourceip"] = ip
	context["aws:currenttime"] = now.Format(time.RFC3339)
	context["aws:epochtime"] = strconv.FormatInt(now.Unix(), 10)
	for key, value := range map[string]string{"aws:sourcevpc": s.config.SourceVPC, "aws:sourcevpce": s.config.SourceVPCE} {
		if value != "" {
			context[key] = value
		}
	}
	return context
}

func host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return ""
	}
	return h
}

// connectAction is the action's name; IAM compares it without regard to case (documented).
func (c Config) connectAction() string {
	if c.Service == valetkey.MemoryDB {
		return "memorydb:connect"
	}
	return "elasticache:Connect"
}

// cacheARN and userARN are written as the service authorization reference has them: with colons for ElastiCache, with
// slashes for MemoryDB.
func (c Config) cacheARN() string {
	switch {
	case c.Service == valetkey.MemoryDB:
		return c.arn("cluster/" + c.Name)
	case c.Serverless:
		return c.arn("serverlesscache:" + c.Name)
	}
	return c.arn("replicationgroup:" + c.Name)
}

func (c Config) userARN(user string) string {
	if c.Service == valetkey.MemoryDB {
		return c.arn("user/" + user)
	}
	return c.arn("user:" + user)
}

func (c Config) arn(resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", c.partition(), c.Service, c.Region, c.Account, resource)
}

// iamARN is that of something in IAM, which has no region.
func (c Config) iamARN(resource string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", c.partition(), c.Account, resource)
}

// partition is the part of AWS that the region belongs to.
func (c Config) partition() string {
	switch {
	case strings.HasPrefix(c.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(c.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
