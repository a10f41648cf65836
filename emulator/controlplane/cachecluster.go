package controlplane

import (
	"strconv"
	"strings"

	"github.com/valetkey/valetkey"
)

// A cacheCluster is a node of a replication group, which alone tells the engine's version.
type cacheCluster struct {
	CacheClusterID                     string `xml:"CacheClusterId"`
	CacheNodeType                      string
	Engine                             string
	EngineVersion                      string
	CacheClusterStatus                 string
	NumCacheNodes                      int
	PreferredAvailabilityZone          string
	CacheClusterCreateTime             string
	PendingModifiedValues              struct{}
	CacheSecurityGroups                struct{}
	CacheNodes                         *list[cacheNode]
	AutoMinorVersionUpgrade            bool
	ReplicationGroupID                 string `xml:"ReplicationGroupId"`
	SnapshotRetentionLimit             int
	AuthTokenEnabled                   bool
	TransitEncryptionEnabled           bool
	AtRestEncryptionEnabled            bool
	ARN                                string
	ReplicationGroupLogDeliveryEnabled bool
	LogDeliveryConfigurations          struct{}
	NetworkType                        string
	IPDiscovery                        string `xml:"IpDiscovery"`
	TransitEncryptionMode              string `xml:",omitempty"`
}

type cacheNode struct {
	CacheNodeID              string `xml:"CacheNodeId"`
	CacheNodeStatus          string
	CacheNodeCreateTime      string
	Endpoint                 *endpoint
	ParameterGroupStatus     string
	CustomerAvailabilityZone string
}

// describeCacheClusters answers the nodes of the replication group, with their endpoints when ShowCacheNodeInfo asks for them.
func describeCacheClusters(c *call) (any, *fault) {
	name := strings.ToLower(c.params.get("CacheClusterId"))
	cache := c.Cache()
	if err := c.allow(cache.arn(valetkey.ElastiCache, "cluster:"+orAll(name))); err != nil {
		return nil, err
	}
	info, _ := strconv.ParseBool(c.params.get("ShowCacheNodeInfo"))
	alone, _ := strconv.ParseBool(c.params.get("ShowCacheClustersNotInReplicationGroups"))
	var all []cacheCluster
	if cache.is(valetkey.ElastiCache, false) && !alone {
		all = cache.cacheClusters(info)
	}
	all, err := find(all, name, func(n cacheCluster) string { return n.CacheClusterID },
		notFound("CacheClusterNotFound", "CacheCluster", name))
	if err != nil {
		return nil, err
	}
	some, next, err := page(c, byMarker(), all)
	return struct {
		Marker        string `xml:",omitempty"`
		CacheClusters list[cacheCluster]
	}{next, list[cacheCluster]{"CacheCluster", some}}, err
}

func (c Cache) cacheClusters(info bool) (all []cacheCluster) {
	for _, s := range c.Shards {
		for _, n := range s.Nodes {
			all = append(all, c.cacheCluster(n, info))
		}
	}
	return all
}

func (c Cache) cacheCluster(at Node, info bool) cacheCluster {
	n := cacheCluster{
		CacheClusterID: at.Name, CacheNodeType: "cache.t4g.micro", Engine: c.Engine, EngineVersion: c.EngineVersion,
		CacheClusterStatus: "available", NumCacheNodes: 1, PreferredAvailabilityZone: c.Region + "a",
		CacheClusterCreateTime: stamp(c.Created), ReplicationGroupID: c.Name, TransitEncryptionEnabled: c.TLS,
		ARN: c.arn(valetkey.ElastiCache, "cluster:"+at.Name), NetworkType: "ipv4", IPDiscovery: "ipv4",
	}
	if c.TLS {
		n.TransitEncryptionMode = "required"
	}
	if info {
		n.CacheNodes = &list[cacheNode]{"CacheNode", []cacheNode{{"0001", "available", stamp(c.Created), at.Endpoint.wire(), "in-sync", c.Region + "a"}}}
	}
	return n
}
