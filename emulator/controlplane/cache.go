package controlplane

import (
	"fmt"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
)

// A Cache is what the services say about one: a replication group, a serverless cache or a MemoryDB cluster.
type Cache struct {
	// Service, Serverless, Name, Region and Account say which it is.
	Service               valetkey.Service
	Serverless            bool
	Name, Region, Account string
	// Engine is "valkey" or "redis", and EngineVersion its version, such as "8.0.1".
	Engine, EngineVersion string
	// TLS says that it encrypts in transit.
	TLS bool
	// ClusterMode says that a replication group has cluster mode enabled. The others always have.
	ClusterMode bool
	// UserGroup is the name of the user group or, in MemoryDB, the ACL.
	UserGroup string
	// Endpoint is where clients connect first: the primary's, or the configuration endpoint. Reader is where they read, zero
	// if there is no such endpoint.
	Endpoint, Reader Endpoint
	// Shards are all there are, in the order of their slots; at least one.
	Shards []Shard
	// Created is when it was.
	Created time.Time
}

// A Shard is a primary and its replicas.
type Shard struct {
	// First and Last are its slots.
	First, Last int
	// Nodes are in the order of their names; one is the primary.
	Nodes []Node
}

// A Node is one server of a shard.
type Node struct {
	// Name is AWS's: orders-001, or orders-0001-001 where there are shards.
	Name     string
	Endpoint Endpoint
	Replica  bool
}

// An Endpoint is a host name or address, and a port.
type Endpoint struct {
	Host string
	Port int
}

// A User is one member of the user group.
type User struct {
	Name string
	// Passwords is how many it has; a user without one authenticates with IAM.
	Passwords int
	// Off says that it may not log in.
	Off bool
}

// slots is the shard's range as AWS writes it.
func (s Shard) slots() string { return fmt.Sprintf("%d-%d", s.First, s.Last) }

// shardID is the number that AWS gives a shard, "0001" and so on.
func shardID(index int) string { return fmt.Sprintf("%04d", index+1) }

// is reports whether the cache is one of that kind.
func (c Cache) is(service valetkey.Service, serverless bool) bool {
	return c.Service == service && c.Serverless == serverless
}

// major is the first part of the engine's version, and minor the first two.
func (c Cache) major() string { return cut(c.EngineVersion, 1) }
func (c Cache) minor() string { return cut(c.EngineVersion, 2) }

func cut(version string, parts int) string {
	all := strings.SplitN(version, ".", parts+1)
	return strings.Join(all[:min(parts, len(all))], ".")
}

// arn is a resource of the cache's region and account, such as "replicationgroup:orders" of elasticache.
func (c Cache) arn(service valetkey.Service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", partition(c.Region), service, c.Region, c.Account, resource)
}

// partition is the part of AWS that a region belongs to.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// minimumEngine is the least version of the engine that knows users with IAM (documented).
func (c Cache) minimumEngine() string {
	if c.Engine == "redis" {
		return "7.0"
	}
	return "7.2"
}

// accessString is what the user may do: the emulator holds nobody to less than everything.
func (u User) accessString() string {
	if u.Off {
		return "off ~* +@all"
	}
	return "on ~* +@all"
}
