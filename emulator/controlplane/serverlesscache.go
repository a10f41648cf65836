package controlplane

import (
	"strings"

	"github.com/valetkey/valetkey"
)

// A serverlessCache is one as DescribeServerlessCaches tells it. It always encrypts in transit, so that no field says so.
type serverlessCache struct {
	ServerlessCacheName    string
	Description            string
	CreateTime             string
	Status                 string
	Engine                 string
	MajorEngineVersion     string
	FullEngineVersion      string
	SecurityGroupIDs       list[string] `xml:"SecurityGroupIds"`
	Endpoint               *endpoint
	ReaderEndpoint         *endpoint
	ARN                    string
	UserGroupID            string       `xml:"UserGroupId"`
	SubnetIDs              list[string] `xml:"SubnetIds"`
	SnapshotRetentionLimit int
	DailySnapshotTime      string
	NetworkType            string
}

// describeServerlessCaches answers the serverless cache, if the cache is one. Source: its API reference.
func describeServerlessCaches(c *call) (any, *fault) {
	name := strings.ToLower(c.params.get("ServerlessCacheName"))
	cache := c.Cache()
	if err := c.allow(cache.arn(valetkey.ElastiCache, "serverlesscache:"+orAll(name))); err != nil {
		return nil, err
	}
	var all []serverlessCache
	if cache.is(valetkey.ElastiCache, true) {
		all = append(all, cache.serverlessCache())
	}
	all, err := find(all, name, func(s serverlessCache) string { return s.ServerlessCacheName },
		notFound("ServerlessCacheNotFoundFault", "ServerlessCache", name))
	if err != nil {
		return nil, err
	}
	some, next, err := page(c, byShortToken(), all)
	return struct {
		NextToken        string `xml:",omitempty"`
		ServerlessCaches list[serverlessCache]
	}{next, list[serverlessCache]{items: some}}, err
}

func (c Cache) serverlessCache() serverlessCache {
	return serverlessCache{
		ServerlessCacheName: c.Name, Description: c.Name, CreateTime: stamp(c.Created), Status: "available", Engine: c.Engine,
		MajorEngineVersion: c.major(), FullEngineVersion: c.minor(), SecurityGroupIDs: list[string]{of: "SecurityGroupId"},
		Endpoint: c.Endpoint.wire(), ReaderEndpoint: c.Reader.wire(), ARN: c.arn(valetkey.ElastiCache, "serverlesscache:"+c.Name),
		UserGroupID: c.UserGroup, SubnetIDs: list[string]{of: "SubnetId"}, DailySnapshotTime: "00:00", NetworkType: "ipv4",
	}
}
