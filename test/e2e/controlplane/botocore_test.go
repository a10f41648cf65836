package controlplane

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/memorydb"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
)

// A question is one that ask.py asks.
type question struct {
	Service      string         `json:"service"`
	Operation    string         `json:"operation"`
	Parameters   map[string]any `json:"parameters"`
	Pages        int            `json:"pages"`
	Region       string         `json:"region"`
	Endpoint     string         `json:"endpoint"`
	AccessKey    string         `json:"access_key"`
	SecretKey    string         `json:"secret_key"`
	SessionToken string         `json:"session_token"`
}

// A reply is what botocore made of the answer.
type reply struct {
	Answer  map[string]any
	Code    string
	Kind    string
	Status  int
	Unknown bool
}

// to asks an emulator with its own credentials.
func to(t *testing.T, s *emulator.Server, service, operation string, parameters map[string]any) question {
	t.Helper()
	c, err := s.Credentials().Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if parameters == nil {
		parameters = map[string]any{}
	}
	return question{service, operation, parameters, 0, "eu-west-1", s.ControlPlaneURL(), c.AccessKeyID, c.SecretAccessKey, c.SessionToken}
}

// botocore asks everything in one process.
func botocore(t *testing.T, all []question) []reply {
	t.Helper()
	python := needs.Botocore(t)
	var in bytes.Buffer
	for _, q := range all {
		if err := json.NewEncoder(&in).Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/ask.py")
	var stderr strings.Builder
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var replies []reply
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var r reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		replies = append(replies, r)
	}
	if len(replies) != len(all) {
		t.Fatalf("%d replies to %d questions", len(replies), len(all))
	}
	return replies
}

// TestBotocoreReadsTheSame asks each question with botocore and with the SDK for Go, and holds what they have read against each
// other. An older botocore, such as Debian's, does not know all fields, nor serverless caches.
func TestBotocoreReadsTheSame(t *testing.T) {
	t.Parallel()
	nodes := controlled(t, emulator.Config{Profile: emulator.NodeBased, Replicas: 1})
	serverless := controlled(t, emulator.Config{Profile: emulator.ServerlessCache})
	db := controlled(t, emulator.Config{Profile: emulator.MemoryDBCluster, Replicas: 1})
	role := controlled(t, withRole(t))
	simulation := map[string]any{"PolicySourceArn": appRole, "ActionNames": []string{"elasticache:Connect", "iam:GetRole"}, "ResourceArns": []string{appRole}}
	ctx := t.Context()
	var questions []question
	var ours []any
	compare := func(s *emulator.Server, service, operation string, parameters map[string]any, response any, err error) {
		if err != nil {
			t.Errorf("%s: %v", operation, err)
		}
		questions, ours = append(questions, to(t, s, service, operation, parameters)), append(ours, response)
	}
	ec := elasticache.NewFromConfig(client(nodes))
	groups, err := ec.DescribeReplicationGroups(ctx, nil)
	compare(nodes, "elasticache", "describe_replication_groups", nil, groups, err)
	clusters, err := ec.DescribeCacheClusters(ctx, &elasticache.DescribeCacheClustersInput{ShowCacheNodeInfo: aws.Bool(true)})
	compare(nodes, "elasticache", "describe_cache_clusters", map[string]any{"ShowCacheNodeInfo": true}, clusters, err)
	users, err := ec.DescribeUsers(ctx, nil)
	compare(nodes, "elasticache", "describe_users", nil, users, err)
	userGroups, err := ec.DescribeUserGroups(ctx, nil)
	compare(nodes, "elasticache", "describe_user_groups", nil, userGroups, err)
	caches, err := elasticache.NewFromConfig(client(serverless)).DescribeServerlessCaches(ctx, nil)
	compare(serverless, "elasticache", "describe_serverless_caches", nil, caches, err)
	mc := memorydb.NewFromConfig(client(db))
	shards, err := mc.DescribeClusters(ctx, &memorydb.DescribeClustersInput{ShowShardDetails: aws.Bool(true)})
	compare(db, "memorydb", "describe_clusters", map[string]any{"ShowShardDetails": true}, shards, err)
	aclUsers, err := mc.DescribeUsers(ctx, nil)
	compare(db, "memorydb", "describe_users", nil, aclUsers, err)
	acls, err := mc.DescribeACLs(ctx, nil)
	compare(db, "memorydb", "describe_acls", nil, acls, err)
	who, err := sts.NewFromConfig(client(role)).GetCallerIdentity(ctx, nil)
	compare(role, "sts", "get_caller_identity", nil, who, err)
	simulated, err := iam.NewFromConfig(client(role)).SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(appRole),
		ActionNames: []string{"elasticache:Connect", "iam:GetRole"}, ResourceArns: []string{appRole}})
	compare(role, "iam", "simulate_principal_policy", simulation, simulated, err)
	app, err := iam.NewFromConfig(client(role)).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("app")})
	compare(role, "iam", "get_role", map[string]any{"RoleName": "app"}, app, err)

	replies := botocore(t, questions)
	current := !replies[4].Unknown // knows serverless caches
	for i, r := range replies {
		if r.Unknown && questions[i].Operation == "describe_serverless_caches" {
			t.Log("this botocore is too old for serverless caches")
			continue
		}
		if r.Answer == nil {
			t.Errorf("%s: %+v", questions[i].Operation, r)
			continue
		}
		got, want := leaves(t, r.Answer), leaves(t, ours[i])
		for path, value := range want {
			if g, ok := got[path]; g != value && (ok || current) {
				t.Errorf("%s: %s: botocore read %q, the SDK for Go %q", questions[i].Operation, path, g, value)
			}
			delete(got, path)
		}
		if len(got) > 0 || len(want) < 3 {
			t.Errorf("%s: botocore alone read %v, of %d", questions[i].Operation, got, len(want))
		}
	}
}

// leaves are the values at the ends of a structure by where they stand, without those that are not there.
func leaves(t *testing.T, v any) map[string]string {
	t.Helper()
	text, err := json.Marshal(v)
	var tree any
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case nil:
		case map[string]any:
			for k, e := range v {
				if k != "ResultMetadata" {
					walk(path+"/"+k, e)
				}
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s/%d", path, i), e)
			}
		case string:
			if at, err := time.Parse(time.RFC3339, v); err == nil { // botocore's come without fractions
				v = at.UTC().Format(time.RFC3339)
			}
			if v != "" {
				all[path] = v
			}
		default:
			all[path] = fmt.Sprint(v)
		}
	}
	walk("", tree)
	return all
}

// TestBotocoreIsRefused gets the faults that botocore knows by name, and the refusals of credentials.
func TestBotocoreIsRefused(t *testing.T) {
	t.Parallel()
	nodes, db := controlled(t, emulator.Config{}), controlled(t, emulator.Config{Profile: emulator.MemoryDBCluster})
	role := controlled(t, withRole(t))
	with := func(q question, change func(*question)) question {
		change(&q)
		return q
	}
	over := func(q *question) { q.AccessKey, q.SecretKey, q.SessionToken = "ASIAOVER", "over", "over" }
	users, who, clusters := to(t, role, "elasticache", "describe_users", nil), to(t, role, "sts", "get_caller_identity", nil), to(t, db, "memorydb", "describe_clusters", nil)
	overDB := to(t, role, "memorydb", "describe_clusters", nil)
	cases := []struct {
		question
		code, kind string
		status     int
	}{
		{to(t, nodes, "elasticache", "describe_replication_groups", map[string]any{"ReplicationGroupId": "x"}), "ReplicationGroupNotFoundFault", "ReplicationGroupNotFoundFault", 404},
		{to(t, nodes, "elasticache", "describe_users", map[string]any{"UserId": "x"}), "UserNotFound", "UserNotFoundFault", 404},
		{to(t, nodes, "elasticache", "describe_user_groups", map[string]any{"UserGroupId": "x"}), "UserGroupNotFound", "UserGroupNotFoundFault", 404},
		{to(t, db, "memorydb", "describe_clusters", map[string]any{"ClusterName": "x"}), "ClusterNotFoundFault", "ClusterNotFoundFault", 400},
		{to(t, db, "memorydb", "describe_acls", map[string]any{"ACLName": "x"}), "ACLNotFoundFault", "ACLNotFoundFault", 400},
		{users, "AccessDenied", "ClientError", 403},
		{with(users, over), "ExpiredToken", "ClientError", 403},
		{with(overDB, over), "ExpiredTokenException", "ClientError", 400},
		{with(who, func(q *question) { q.SecretKey = "other" }), "SignatureDoesNotMatch", "ClientError", 403},
		{with(clusters, func(q *question) { q.SecretKey = "other" }), "InvalidSignatureException", "ClientError", 400},
		{with(who, func(q *question) { q.SessionToken = "" }), "InvalidClientTokenId", "ClientError", 403},
		{with(clusters, func(q *question) { q.AccessKey = "AKIAOTHER" }), "UnrecognizedClientException", "ClientError", 400},
		{with(users, func(q *question) { q.Region = "eu-west-2" }), "SignatureDoesNotMatch", "ClientError", 403},
	}
	var questions []question
	for _, c := range cases {
		questions = append(questions, c.question)
	}
	for i, got := range botocore(t, questions) {
		c := cases[i]
		if want := (reply{Code: c.code, Kind: c.kind, Status: c.status}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s %v: got %+v, want %+v", c.Operation, c.Parameters, got, want)
		}
	}
}

// TestBotocorePages lets botocore's paginator collect what does not fit one page.
func TestBotocorePages(t *testing.T) {
	t.Parallel()
	config := emulator.Config{}
	for i := range 45 {
		config.Users = append(config.Users, emulator.User{Name: fmt.Sprintf("u%02d", i)})
	}
	q := to(t, controlled(t, config), "elasticache", "describe_users", nil)
	q.Pages = 20
	r := botocore(t, []question{q})[0]
	if users, _ := r.Answer["Users"].([]any); len(users) != 46 {
		t.Errorf("%d users: %+v", len(users), r)
	}
}
