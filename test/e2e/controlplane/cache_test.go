package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	cachetypes "github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/aws/aws-sdk-go-v2/service/memorydb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/memorydb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
)

// controlled starts an emulator with its control plane.
func controlled(t *testing.T, c emulator.Config) *emulator.Server {
	t.Helper()
	return emulator.New(t, func(config *emulator.Config) {
		c.Logger, c.ControlPlane = config.Logger, "127.0.0.1:0"
		*config = c
	})
}

// client is the configuration of an AWS SDK whose endpoint is the control plane.
func client(s *emulator.Server) aws.Config {
	return aws.Config{Region: "eu-west-1", Credentials: s.Credentials(), BaseEndpoint: aws.String(s.ControlPlaneURL()),
		RetryMaxAttempts: 1}
}

// same holds a response against another, without what says how it came.
func same[T any](t *testing.T, what string, got *T, err error, want T) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	reflect.ValueOf(got).Elem().FieldByName("ResultMetadata").Set(reflect.ValueOf(middleware.Metadata{}))
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, shown(got), shown(want))
	}
}

// shown spells out what pointers lead to.
func shown(v any) string {
	var show func(v reflect.Value) string
	show = func(v reflect.Value) string {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() {
				return "nil"
			}
			return show(v.Elem())
		case reflect.Slice:
			all := []string{}
			for i := range v.Len() {
				all = append(all, show(v.Index(i)))
			}
			return fmt.Sprintf("%v", all)
		case reflect.Struct:
			if when, ok := v.Interface().(time.Time); ok {
				return when.String()
			}
			all := []string{}
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
					all = append(all, f.Name+":"+show(v.Field(i)))
				}
			}
			return "{" + strings.Join(all, " ") + "}"
		}
		return fmt.Sprintf("%v", v.Interface())
	}
	return show(reflect.ValueOf(v))
}

// refused wants an error of the type that the SDK has for it, or with a code that it has no type for.
func refused[T error](t *testing.T, what string, err error, code string) {
	t.Helper()
	var typed T
	var api smithy.APIError
	if !errors.As(err, &typed) || !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("%s: got %v, want %s as %T", what, err, code, typed)
	}
}

// at takes an address apart as a response has it.
func at(t *testing.T, address string) (host *string, port int) {
	t.Helper()
	h, p, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(p, &port); err != nil {
		t.Fatal(err)
	}
	return aws.String(h), port
}

func cacheEndpoint(t *testing.T, address string) *cachetypes.Endpoint {
	host, port := at(t, address)
	return &cachetypes.Endpoint{Address: host, Port: aws.Int32(int32(port))}
}

// TestReplicationGroups tells the AWS SDK of a cache with cluster mode disabled, a primary and a replica.
func TestReplicationGroups(t *testing.T) {
	t.Parallel()
	s := controlled(t, emulator.Config{Profile: emulator.NodeBased, Replicas: 1})
	c := elasticache.NewFromConfig(client(s))
	ctx := t.Context()
	got, err := c.DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String("orders")})
	if err != nil {
		t.Fatal(err)
	}
	created := got.ReplicationGroups[0].ReplicationGroupCreateTime
	recently(t, created)
	e, n := s.Endpoints(), s.Nodes()
	member := func(i int, role string) cachetypes.NodeGroupMember {
		return cachetypes.NodeGroupMember{CacheClusterId: aws.String(fmt.Sprintf("orders-%03d", i+1)), CacheNodeId: aws.String("0001"),
			ReadEndpoint: cacheEndpoint(t, n[i].Address), PreferredAvailabilityZone: aws.String("eu-west-1a"), CurrentRole: aws.String(role)}
	}
	group := cachetypes.ReplicationGroup{
		ReplicationGroupId: aws.String("orders"), Description: aws.String("orders"), Status: aws.String("available"),
		ARN:                   aws.String("arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:orders"),
		PendingModifiedValues: &cachetypes.ReplicationGroupPendingModifiedValues{}, MemberClusters: []string{"orders-001", "orders-002"},
		AutomaticFailover: "enabled", MultiAZ: "disabled", SnapshotRetentionLimit: aws.Int32(0), ClusterEnabled: aws.Bool(false),
		CacheNodeType: aws.String("cache.t4g.micro"), AuthTokenEnabled: aws.Bool(false), TransitEncryptionEnabled: aws.Bool(true),
		AtRestEncryptionEnabled: aws.Bool(false), UserGroupIds: []string{"orders-users"}, LogDeliveryConfigurations: []cachetypes.LogDeliveryConfiguration{},
		ReplicationGroupCreateTime: created, DataTiering: "disabled", AutoMinorVersionUpgrade: aws.Bool(false), NetworkType: "ipv4",
		IpDiscovery: "ipv4", TransitEncryptionMode: "required", ClusterMode: "disabled", Engine: aws.String("valkey"),
		NodeGroups: []cachetypes.NodeGroup{{NodeGroupId: aws.String("0001"), Status: aws.String("available"),
			PrimaryEndpoint: cacheEndpoint(t, e[0].Address), ReaderEndpoint: cacheEndpoint(t, e[1].Address),
			NodeGroupMembers: []cachetypes.NodeGroupMember{member(0, "primary"), member(1, "replica")}}},
	}
	same(t, "by name", got, nil, elasticache.DescribeReplicationGroupsOutput{ReplicationGroups: []cachetypes.ReplicationGroup{group}})
	got, err = c.DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{})
	same(t, "all", got, err, elasticache.DescribeReplicationGroupsOutput{ReplicationGroups: []cachetypes.ReplicationGroup{group}})
	_, err = c.DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String("other")})
	refused[*cachetypes.ReplicationGroupNotFoundFault](t, "another", err, "ReplicationGroupNotFoundFault")
	lists, err := c.DescribeServerlessCaches(ctx, &elasticache.DescribeServerlessCachesInput{})
	same(t, "no serverless cache", lists, err, elasticache.DescribeServerlessCachesOutput{ServerlessCaches: []cachetypes.ServerlessCache{}})
	logsIn(t, s, *group.NodeGroups[0].PrimaryEndpoint.Address, *group.NodeGroups[0].PrimaryEndpoint.Port)
}

// recently wants the time of a server that has just been made.
func recently(t *testing.T, when *time.Time) {
	t.Helper()
	if when == nil || time.Since(*when) > time.Hour || time.Until(*when) > time.Second {
		t.Errorf("created %v", when)
	}
}

// logsIn connects to an endpoint that was told of.
func logsIn(t *testing.T, s *emulator.Server, host string, port int32) {
	t.Helper()
	target := s.Target()
	target.Address = net.JoinHostPort(host, fmt.Sprint(port))
	signer, err := valetkey.NewSigner(target, s.Credentials())
	if err != nil {
		t.Fatal(err)
	}
	dialer := valetkey.Dialer{Source: signer, TLSConfig: s.ClientTLS()}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := dialer.DialContext(ctx, "tcp", target.Address)
	if err != nil {
		t.Errorf("the endpoint that was told of: %v", err)
		return
	}
	conn.Close()
}

// TestCluster tells of a cluster of real servers, with the shards that they have.
func TestCluster(t *testing.T) {
	t.Parallel()
	needs.Server(t)
	s := controlled(t, emulator.Config{Profile: emulator.ClusterEnabled, Engine: "valkey-server", Shards: 2})
	c := elasticache.NewFromConfig(client(s))
	got, err := c.DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	if err != nil || len(got.ReplicationGroups) != 1 {
		t.Fatal(shown(got), err)
	}
	g := got.ReplicationGroups[0]
	if !*g.ClusterEnabled || g.ClusterMode != "enabled" || g.AutomaticFailover != "enabled" || fmt.Sprint(g.MemberClusters) != "[orders-0001-001 orders-0002-001]" ||
		!reflect.DeepEqual(g.ConfigurationEndpoint, cacheEndpoint(t, s.Endpoints()[0].Address)) {
		t.Error(shown(g))
	}
	shard := func(id, slots string) cachetypes.NodeGroup {
		return cachetypes.NodeGroup{NodeGroupId: aws.String(id), Status: aws.String("available"), Slots: aws.String(slots),
			NodeGroupMembers: []cachetypes.NodeGroupMember{{CacheClusterId: aws.String("orders-" + id + "-001"), CacheNodeId: aws.String("0001"), PreferredAvailabilityZone: aws.String("eu-west-1a")}}}
	}
	if want := []cachetypes.NodeGroup{shard("0001", "0-8191"), shard("0002", "8192-16383")}; !reflect.DeepEqual(g.NodeGroups, want) {
		t.Errorf("got %s, want %s", shown(g.NodeGroups), shown(want))
	}
	logsIn(t, s, *g.ConfigurationEndpoint.Address, *g.ConfigurationEndpoint.Port)
	nodes, err := c.DescribeCacheClusters(t.Context(), &elasticache.DescribeCacheClustersInput{CacheClusterId: aws.String("orders-0002-001"), ShowCacheNodeInfo: aws.Bool(true)})
	if err != nil || len(nodes.CacheClusters) != 1 || len(nodes.CacheClusters[0].CacheNodes) != 1 {
		t.Fatal(shown(nodes), err)
	}
	n := nodes.CacheClusters[0]
	if *n.Engine != "valkey" || !strings.HasPrefix(*n.EngineVersion, "8.") || *n.ReplicationGroupId != "orders" || *n.CacheClusterStatus != "available" ||
		*n.ARN != "arn:aws:elasticache:eu-west-1:123456789012:cluster:orders-0002-001" || !*n.TransitEncryptionEnabled ||
		!reflect.DeepEqual(n.CacheNodes[0].Endpoint, cacheEndpoint(t, s.Nodes()[1].Address)) {
		t.Error(shown(n))
	}
	_, err = c.DescribeCacheClusters(t.Context(), &elasticache.DescribeCacheClustersInput{CacheClusterId: aws.String("orders")})
	refused[*cachetypes.CacheClusterNotFoundFault](t, "a group as a node", err, "CacheClusterNotFound")
}

// TestServerlessCaches tells of a serverless cache and its user group.
func TestServerlessCaches(t *testing.T) {
	t.Parallel()
	s := controlled(t, emulator.Config{Profile: emulator.ServerlessCache, UserGroup: "shop"})
	c := elasticache.NewFromConfig(client(s))
	got, err := c.DescribeServerlessCaches(t.Context(), &elasticache.DescribeServerlessCachesInput{ServerlessCacheName: aws.String("orders")})
	if err != nil || len(got.ServerlessCaches) != 1 {
		t.Fatal(shown(got), err)
	}
	created := got.ServerlessCaches[0].CreateTime
	recently(t, created)
	e := s.Endpoints()
	same(t, "serverless cache", got, err, elasticache.DescribeServerlessCachesOutput{ServerlessCaches: []cachetypes.ServerlessCache{{
		ServerlessCacheName: aws.String("orders"), Description: aws.String("orders"), CreateTime: created, Status: aws.String("available"),
		Engine: aws.String("valkey"), MajorEngineVersion: aws.String("8"), FullEngineVersion: aws.String("8.0"), SecurityGroupIds: []string{},
		Endpoint: cacheEndpoint(t, e[0].Address), ReaderEndpoint: cacheEndpoint(t, e[1].Address), SubnetIds: []string{}, UserGroupId: aws.String("shop"),
		ARN: aws.String("arn:aws:elasticache:eu-west-1:123456789012:serverlesscache:orders"), SnapshotRetentionLimit: aws.Int32(0),
		DailySnapshotTime: aws.String("00:00"), NetworkType: "ipv4",
	}}})
	_, err = c.DescribeServerlessCaches(t.Context(), &elasticache.DescribeServerlessCachesInput{ServerlessCacheName: aws.String("other")})
	refused[*cachetypes.ServerlessCacheNotFoundFault](t, "another", err, "ServerlessCacheNotFoundFault")
	none, err := c.DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	same(t, "no replication group", none, err, elasticache.DescribeReplicationGroupsOutput{ReplicationGroups: []cachetypes.ReplicationGroup{}})
	groups, err := c.DescribeUserGroups(t.Context(), &elasticache.DescribeUserGroupsInput{})
	same(t, "user groups", groups, err, elasticache.DescribeUserGroupsOutput{UserGroups: []cachetypes.UserGroup{{
		UserGroupId: aws.String("shop"), Status: aws.String("active"), Engine: aws.String("valkey"), UserIds: []string{"app"}, MinimumEngineVersion: aws.String("7.2"),
		PendingChanges: &cachetypes.UserGroupPendingChanges{}, ReplicationGroups: []string{}, ServerlessCaches: []string{"orders"},
		ARN: aws.String("arn:aws:elasticache:eu-west-1:123456789012:usergroup:shop")}}})
	_, err = c.DescribeUserGroups(t.Context(), &elasticache.DescribeUserGroupsInput{UserGroupId: aws.String("other")})
	refused[*cachetypes.UserGroupNotFoundFault](t, "another group", err, "UserGroupNotFound")
}

// TestUsers tells of users of every kind, in pages that the SDK's own paginator walks through.
func TestUsers(t *testing.T) {
	t.Parallel()
	config := emulator.Config{Users: []emulator.User{{Name: "app"}, {Name: "batch", Passwords: []string{"a", "b"}}, {Name: "late", Off: true}}}
	for i := range 40 {
		config.Users = append(config.Users, emulator.User{Name: fmt.Sprintf("u%02d", i)})
	}
	s := controlled(t, config)
	c := elasticache.NewFromConfig(client(s))
	var all []cachetypes.User
	pages := 0
	for p := elasticache.NewDescribeUsersPaginator(c, &elasticache.DescribeUsersInput{MaxRecords: aws.Int32(20)}); p.HasMorePages(); pages++ {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Users...)
	}
	if len(all) != 44 || pages != 3 {
		t.Fatalf("%d users in %d pages", len(all), pages)
	}
	user := func(name, access string, auth cachetypes.Authentication) cachetypes.User {
		return cachetypes.User{UserId: aws.String(name), UserName: aws.String(name), Status: aws.String("active"), Engine: aws.String("valkey"),
			MinimumEngineVersion: aws.String("7.2"), AccessString: aws.String(access), UserGroupIds: []string{"orders-users"}, Authentication: &auth,
			ARN: aws.String("arn:aws:elasticache:eu-west-1:123456789012:user:" + name)}
	}
	byDefault := user("default", "on ~* +@all", cachetypes.Authentication{Type: "no-password"})
	byDefault.Engine, byDefault.MinimumEngineVersion, byDefault.UserGroupIds = aws.String("redis"), aws.String("6.0"), []string{}
	for i, want := range map[int]cachetypes.User{
		0: user("app", "on ~* +@all", cachetypes.Authentication{Type: "iam"}), 43: byDefault,
		1: user("batch", "on ~* +@all", cachetypes.Authentication{Type: "password", PasswordCount: aws.Int32(2)}),
		2: user("late", "off ~* +@all", cachetypes.Authentication{Type: "iam"}),
	} {
		if !reflect.DeepEqual(all[i], want) {
			t.Errorf("user %d:\n got %s\nwant %s", i, shown(all[i]), shown(want))
		}
	}
	got, err := c.DescribeUsers(t.Context(), &elasticache.DescribeUsersInput{Filters: []cachetypes.Filter{{Name: aws.String("UserId"), Values: []string{"batch", "u07"}}}})
	same(t, "filtered", got, err, elasticache.DescribeUsersOutput{Users: []cachetypes.User{all[1], user("u07", "on ~* +@all", cachetypes.Authentication{Type: "iam"})}})
	_, err = c.DescribeUsers(t.Context(), &elasticache.DescribeUsersInput{UserId: aws.String("nobody")})
	refused[*cachetypes.UserNotFoundFault](t, "nobody", err, "UserNotFound")
}

// TestMemoryDB tells of a MemoryDB cluster, its ACL and its users.
func TestMemoryDB(t *testing.T) {
	t.Parallel()
	s := controlled(t, emulator.Config{Profile: emulator.MemoryDBCluster, Replicas: 1, Users: []emulator.User{{Name: "app"}, {Name: "batch", Passwords: []string{"a"}}}})
	c := memorydb.NewFromConfig(client(s))
	ctx := t.Context()
	endpoint := func(address string) *dbtypes.Endpoint {
		host, port := at(t, address)
		return &dbtypes.Endpoint{Address: host, Port: int32(port)}
	}
	n := s.Nodes()
	want := dbtypes.Cluster{
		Name: aws.String("orders"), Description: aws.String("orders"), Status: aws.String("available"), NumberOfShards: aws.Int32(1),
		AvailabilityMode: "singleaz", ClusterEndpoint: endpoint(s.Endpoints()[0].Address), NodeType: aws.String("db.t4g.small"), Engine: aws.String("valkey"),
		EngineVersion: aws.String("7.2"), EnginePatchVersion: aws.String("7.2.6"), ParameterGroupName: aws.String("default.memorydb-valkey7"),
		ParameterGroupStatus: aws.String("in-sync"), SubnetGroupName: aws.String("default"), TLSEnabled: aws.Bool(true),
		ARN: aws.String("arn:aws:memorydb:eu-west-1:123456789012:cluster/orders"), SnapshotRetentionLimit: aws.Int32(0), ACLName: aws.String("orders-users"),
		AutoMinorVersionUpgrade: aws.Bool(true), DataTiering: "false", NetworkType: "ipv4", IpDiscovery: "ipv4",
	}
	got, err := c.DescribeClusters(ctx, &memorydb.DescribeClustersInput{ClusterName: aws.String("orders")})
	same(t, "cluster", got, err, memorydb.DescribeClustersOutput{Clusters: []dbtypes.Cluster{want}})
	got, err = c.DescribeClusters(ctx, &memorydb.DescribeClustersInput{ShowShardDetails: aws.Bool(true)})
	if err != nil || len(got.Clusters) != 1 || len(got.Clusters[0].Shards) != 1 || len(got.Clusters[0].Shards[0].Nodes) != 2 {
		t.Fatal(shown(got), err)
	}
	created := got.Clusters[0].Shards[0].Nodes[0].CreateTime
	recently(t, created)
	node := func(i int) dbtypes.Node {
		return dbtypes.Node{Name: aws.String(n[i].Name), Status: aws.String("available"), AvailabilityZone: aws.String("eu-west-1a"), CreateTime: created, Endpoint: endpoint(n[i].Address)}
	}
	want.Shards = []dbtypes.Shard{{Name: aws.String("0001"), Status: aws.String("available"), Slots: aws.String("0-16383"), NumberOfNodes: aws.Int32(2), Nodes: []dbtypes.Node{node(0), node(1)}}}
	same(t, "with shards", got, err, memorydb.DescribeClustersOutput{Clusters: []dbtypes.Cluster{want}})
	_, err = c.DescribeClusters(ctx, &memorydb.DescribeClustersInput{ClusterName: aws.String("other")})
	refused[*dbtypes.ClusterNotFoundFault](t, "another", err, "ClusterNotFoundFault")
	describesACLs(t, c)
	none, err := elasticache.NewFromConfig(client(s)).DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{})
	same(t, "no replication group", none, err, elasticache.DescribeReplicationGroupsOutput{ReplicationGroups: []cachetypes.ReplicationGroup{}})
}

func describesACLs(t *testing.T, c *memorydb.Client) {
	t.Helper()
	arn := "arn:aws:memorydb:eu-west-1:123456789012:"
	acls, err := c.DescribeACLs(t.Context(), &memorydb.DescribeACLsInput{})
	same(t, "ACLs", acls, err, memorydb.DescribeACLsOutput{ACLs: []dbtypes.ACL{
		{Name: aws.String("open-access"), Status: aws.String("active"), UserNames: []string{"default"}, MinimumEngineVersion: aws.String("6.2"), Clusters: []string{}, ARN: aws.String(arn + "acl/open-access")},
		{Name: aws.String("orders-users"), Status: aws.String("active"), UserNames: []string{"app", "batch"}, MinimumEngineVersion: aws.String("7.2"), Clusters: []string{"orders"}, ARN: aws.String(arn + "acl/orders-users")},
	}})
	_, err = c.DescribeACLs(t.Context(), &memorydb.DescribeACLsInput{ACLName: aws.String("other")})
	refused[*dbtypes.ACLNotFoundFault](t, "another ACL", err, "ACLNotFoundFault")
	user := func(name, acl, access, minimum string, auth dbtypes.Authentication) dbtypes.User {
		return dbtypes.User{Name: aws.String(name), Status: aws.String("active"), AccessString: aws.String(access), ACLNames: []string{acl},
			MinimumEngineVersion: aws.String(minimum), Authentication: &auth, ARN: aws.String(arn + "user/" + name)}
	}
	all := []dbtypes.User{user("app", "orders-users", "on ~* +@all", "7.2", dbtypes.Authentication{Type: "iam"}),
		user("batch", "orders-users", "on ~* +@all", "7.2", dbtypes.Authentication{Type: "password", PasswordCount: aws.Int32(1)}),
		user("default", "open-access", "on ~* &* +@all", "6.0", dbtypes.Authentication{Type: "no-password"})}
	var got []dbtypes.User
	for p := memorydb.NewDescribeUsersPaginator(c, &memorydb.DescribeUsersInput{MaxResults: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Users...)
	}
	if !reflect.DeepEqual(got, all) {
		t.Errorf("users:\n got %s\nwant %s", shown(got), shown(all))
	}
	_, err = c.DescribeUsers(t.Context(), &memorydb.DescribeUsersInput{UserName: aws.String("nobody")})
	refused[*dbtypes.UserNotFoundFault](t, "nobody", err, "UserNotFoundFault")
}
