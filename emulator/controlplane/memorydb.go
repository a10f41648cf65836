package controlplane

import (
	"strconv"
	"strings"

	"github.com/valetkey/valetkey"
)

// A cluster is one of MemoryDB's.
type cluster struct {
	Name                    string
	Description             string
	Status                  string
	NumberOfShards          int
	Shards                  []shard `json:",omitempty"`
	AvailabilityMode        string
	ClusterEndpoint         *endpoint
	NodeType                string
	Engine                  string
	EngineVersion           string
	EnginePatchVersion      string
	ParameterGroupName      string
	ParameterGroupStatus    string
	SubnetGroupName         string
	TLSEnabled              bool
	ARN                     string
	SnapshotRetentionLimit  int
	ACLName                 string
	AutoMinorVersionUpgrade bool
	DataTiering             string
	NetworkType             string
	IPDiscovery             string `json:"IpDiscovery"`
}

type shard struct {
	Name          string
	Status        string
	Slots         string
	Nodes         []node
	NumberOfNodes int
}

type node struct {
	Name             string
	Status           string
	AvailabilityZone string
	CreateTime       int64 // seconds since 1970
	Endpoint         *endpoint
}

// describeClusters answers the cluster, if the cache is one, with its shards when ShowShardDetails asks for them. Source: its API
// reference.
func describeClusters(c *call) (any, *fault) {
	name := strings.ToLower(c.params.get("ClusterName"))
	cache := c.Cache()
	if err := c.allow(cache.arn(valetkey.MemoryDB, "cluster/"+orAll(name))); err != nil {
		return nil, err
	}
	details, _ := strconv.ParseBool(c.params.get("ShowShardDetails"))
	all := []cluster{}
	if cache.is(valetkey.MemoryDB, false) {
		all = append(all, cache.cluster(details))
	}
	all, err := find(all, name, func(c cluster) string { return c.Name }, notFound("ClusterNotFoundFault", "Cluster", name))
	if err != nil {
		return nil, err
	}
	some, next, err := page(c, byToken(), all)
	return struct {
		NextToken string `json:",omitempty"`
		Clusters  []cluster
	}{next, some}, err
}

func (c Cache) cluster(details bool) cluster {
	k := cluster{
		Name: c.Name, Description: c.Name, Status: "available", NumberOfShards: len(c.Shards), AvailabilityMode: "singleaz",
		ClusterEndpoint: c.Endpoint.wire(), NodeType: "db.t4g.small", Engine: c.Engine, EngineVersion: c.minor(),
		EnginePatchVersion: c.EngineVersion, ParameterGroupName: "default.memorydb-" + c.Engine + c.major(), ParameterGroupStatus: "in-sync",
		SubnetGroupName: "default", TLSEnabled: c.TLS, ARN: c.arn(valetkey.MemoryDB, "cluster/"+c.Name), ACLName: c.UserGroup,
		AutoMinorVersionUpgrade: true, DataTiering: "false", NetworkType: "ipv4", IPDiscovery: "ipv4",
	}
	for i, s := range c.Shards {
		if details {
			k.Shards = append(k.Shards, c.shard(i, s))
		}
	}
	return k
}

func (c Cache) shard(index int, s Shard) shard {
	d := shard{Name: shardID(index), Status: "available", Slots: s.slots(), NumberOfNodes: len(s.Nodes)}
	for _, n := range s.Nodes {
		d.Nodes = append(d.Nodes, node{n.Name, "available", c.Region + "a", c.Created.Unix(), n.Endpoint.wire()})
	}
	return d
}
