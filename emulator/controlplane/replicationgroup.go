package controlplane

import (
	"strings"
	"time"

	"github.com/valetkey/valetkey"
)

// A replicationGroup is one as DescribeReplicationGroups tells it. With cluster mode it has a configuration endpoint, without it
// its only node group has a primary's and a reader's (documented).
type replicationGroup struct {
	ReplicationGroupID         string `xml:"ReplicationGroupId"`
	Description                string
	Status                     string
	PendingModifiedValues      struct{}
	MemberClusters             list[string]
	NodeGroups                 list[nodeGroup]
	AutomaticFailover          string
	MultiAZ                    string
	ConfigurationEndpoint      *endpoint
	SnapshotRetentionLimit     int
	ClusterEnabled             bool
	CacheNodeType              string
	AuthTokenEnabled           bool
	TransitEncryptionEnabled   bool
	AtRestEncryptionEnabled    bool
	ARN                        string
	UserGroupIDs               list[string] `xml:"UserGroupIds"`
	LogDeliveryConfigurations  struct{}
	ReplicationGroupCreateTime string
	DataTiering                string
	AutoMinorVersionUpgrade    bool
	NetworkType                string
	IPDiscovery                string `xml:"IpDiscovery"`
	TransitEncryptionMode      string `xml:",omitempty"`
	ClusterMode                string
	Engine                     string
}

type nodeGroup struct {
	NodeGroupID      string `xml:"NodeGroupId"`
	Status           string
	PrimaryEndpoint  *endpoint
	ReaderEndpoint   *endpoint
	Slots            string `xml:",omitempty"`
	NodeGroupMembers list[nodeGroupMember]
}

type nodeGroupMember struct {
	CacheClusterID            string `xml:"CacheClusterId"`
	CacheNodeID               string `xml:"CacheNodeId"`
	ReadEndpoint              *endpoint
	PreferredAvailabilityZone string
	CurrentRole               string `xml:",omitempty"`
}

// An endpoint is one on the wire, in both protocols.
type endpoint struct {
	Address string
	Port    int
}

func (e Endpoint) wire() *endpoint {
	if e == (Endpoint{}) {
		return nil
	}
	return &endpoint{e.Host, e.Port}
}

// describeReplicationGroups answers the replication group, if the cache is one. Source: its API reference.
func describeReplicationGroups(c *call) (any, *fault) {
	name := strings.ToLower(c.params.get("ReplicationGroupId"))
	cache := c.Cache()
	if err := c.allow(cache.arn(valetkey.ElastiCache, "replicationgroup:"+orAll(name))); err != nil {
		return nil, err
	}
	var all []replicationGroup
	if cache.is(valetkey.ElastiCache, false) {
		all = append(all, cache.replicationGroup())
	}
	all, err := find(all, name, func(g replicationGroup) string { return g.ReplicationGroupID },
		notFound("ReplicationGroupNotFoundFault", "ReplicationGroup", name))
	if err != nil {
		return nil, err
	}
	some, next, err := page(c, byMarker(), all)
	return struct {
		Marker            string `xml:",omitempty"`
		ReplicationGroups list[replicationGroup]
	}{next, list[replicationGroup]{"ReplicationGroup", some}}, err
}

// orAll is the name in the ARN that a permission is asked for; AWS asks for * when no name is given (reported).
func orAll(name string) string {
	if name == "" {
		return "*"
	}
	return name
}

func (c Cache) replicationGroup() replicationGroup {
	g := replicationGroup{
		ReplicationGroupID: c.Name, Description: c.Name, Status: "available", ARN: c.arn(valetkey.ElastiCache, "replicationgroup:"+c.Name),
		AutomaticFailover: "disabled", MultiAZ: "disabled", ClusterEnabled: c.ClusterMode, ClusterMode: "disabled",
		CacheNodeType: "cache.t4g.micro", TransitEncryptionEnabled: c.TLS, UserGroupIDs: list[string]{items: []string{c.UserGroup}},
		ReplicationGroupCreateTime: stamp(c.Created), DataTiering: "disabled", NetworkType: "ipv4", IPDiscovery: "ipv4", Engine: c.Engine,
		MemberClusters: list[string]{of: "ClusterId"}, NodeGroups: list[nodeGroup]{of: "NodeGroup"},
	}
	if c.TLS {
		g.TransitEncryptionMode = "required"
	}
	if c.ClusterMode {
		g.ClusterMode, g.ConfigurationEndpoint = "enabled", c.Endpoint.wire()
	}
	if c.ClusterMode || len(c.Shards[0].Nodes) > 1 {
		g.AutomaticFailover = "enabled"
	}
	for i, s := range c.Shards {
		n := c.nodeGroup(i, s)
		g.NodeGroups.items = append(g.NodeGroups.items, n)
		for _, m := range n.NodeGroupMembers.items {
			g.MemberClusters.items = append(g.MemberClusters.items, m.CacheClusterID)
		}
	}
	return g
}

func (c Cache) nodeGroup(index int, s Shard) nodeGroup {
	g := nodeGroup{NodeGroupID: shardID(index), Status: "available", NodeGroupMembers: list[nodeGroupMember]{of: "NodeGroupMember"}}
	if c.ClusterMode {
		g.Slots = s.slots()
	} else {
		g.PrimaryEndpoint, g.ReaderEndpoint = c.Endpoint.wire(), c.Reader.wire()
	}
	for _, n := range s.Nodes {
		m := nodeGroupMember{CacheClusterID: n.Name, CacheNodeID: "0001", PreferredAvailabilityZone: c.Region + "a"}
		if !c.ClusterMode { // with it AWS tells neither
			m.ReadEndpoint, m.CurrentRole = n.Endpoint.wire(), n.role()
		}
		g.NodeGroupMembers.items = append(g.NodeGroupMembers.items, m)
	}
	return g
}

func (n Node) role() string {
	if n.Replica {
		return "replica"
	}
	return "primary"
}

// stamp is a time as the query protocol has it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
