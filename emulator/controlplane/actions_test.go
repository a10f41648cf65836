package controlplane_test

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// TestFaults asks for what is not there, and in ways that are not understood.
func TestFaults(t *testing.T) {
	t.Parallel()
	at(t, noon(), emulator.Config{}, func(t *testing.T, s *emulator.Server) {
		for _, c := range []struct {
			service, body string
			status        int
			code, text    string
		}{
			{"elasticache", "Action=DescribeReplicationGroups&ReplicationGroupId=other", 404, "ReplicationGroupNotFoundFault", "ReplicationGroup other not found."},
			{"elasticache", "Action=DescribeReplicationGroups&ReplicationGroupId=ORDERS", 200, "", ""},
			{"elasticache", "Action=DescribeCacheClusters&CacheClusterId=orders", 404, "CacheClusterNotFound", "CacheCluster orders not found."},
			{"elasticache", "Action=DescribeServerlessCaches&ServerlessCacheName=orders", 404, "ServerlessCacheNotFoundFault", "ServerlessCache orders not found."},
			{"elasticache", "Action=DescribeUsers&UserId=other", 404, "UserNotFound", "User other not found."},
			{"elasticache", "Action=DescribeUserGroups&UserGroupId=other", 404, "UserGroupNotFound", "UserGroup other not found."},
			{"elasticache", "Action=DescribeUsers&MaxRecords=19", 400, "InvalidParameterValue", "MaxRecords must be >= 20 and <= 100."},
			{"elasticache", "Action=DescribeUsers&MaxRecords=x", 400, "InvalidParameterValue", "MaxRecords"},
			{"elasticache", "Action=DescribeUsers&Marker=x", 400, "InvalidParameterValue", "Marker"},
			{"elasticache", "Action=DescribeUsers&Marker=" + base64.RawURLEncoding.EncodeToString([]byte("-1")), 400, "InvalidParameterValue", "Marker"},
			{"elasticache", "Action=DescribeServerlessCaches&MaxResults=51", 400, "InvalidParameterValue", "MaxResults"},
			{"elasticache", "Action=DescribeUsers&Filters.member.1.Name=Colour&Filters.member.1.Values.member.1=red", 400, "InvalidParameterValue", "Filter Colour"},
			{"elasticache", "Action=DeleteReplicationGroup", 400, "InvalidAction", "Could not find operation DeleteReplicationGroup for version 2015-02-02"},
			{"elasticache", "Action=%zz", 400, "MalformedQueryString", "parameters"},
			{"sts", "Action=AssumeRole", 400, "InvalidAction", "AssumeRole for version 2011-06-15"},
			{"iam", "Action=ListUsers", 400, "InvalidAction", "ListUsers for version 2010-05-08"},
			{"memorydb", "DescribeClusters {\"ClusterName\":\"orders\"}", 400, "ClusterNotFoundFault", "Cluster orders not found."},
			{"memorydb", "DescribeUsers {\"UserName\":\"app\"}", 400, "UserNotFoundFault", "User app not found."},
			{"memorydb", "DescribeACLs {\"ACLName\":\"orders-users\"}", 400, "ACLNotFoundFault", "ACL orders-users not found."},
			{"memorydb", "DescribeUsers {\"MaxResults\":0}", 400, "InvalidParameterValueException", "MaxResults must be >= 1 and <= 100."},
			{"memorydb", "DescribeUsers {\"Filters\":[{\"Name\":\"a\",\"Values\":[\"b\"]}]}", 400, "InvalidParameterValueException", "Filters"},
			{"memorydb", "DeleteCluster {}", 400, "UnknownOperationException", "DeleteCluster"},
			{"memorydb", "DescribeClusters []", 400, "SerializationException", "no JSON object"},
		} {
			var a answer
			if action, body, isJSON := strings.Cut(c.body, " "); isJSON {
				a = ask(t, s, signing{service: c.service}.sign(t, object("AmazonMemoryDB."+action, body), body))
			} else {
				a = query(t, s, signing{service: c.service}, c.body)
			}
			if a.status != c.status || a.code != c.code || !strings.Contains(a.message, c.text) {
				t.Errorf("%s %s: %+v, want %d %s with %q", c.service, c.body, a, c.status, c.code, c.text)
			}
		}
		unknown := "Action=ListQueues&Version=2012-11-05"
		if a := ask(t, s, signing{service: "sqs"}.sign(t, form(unknown), unknown)); a.code != "InvalidAction" {
			t.Errorf("another service: %+v", a)
		}
		if a := ask(t, s, signing{service: "sts"}.sign(t, httptest.NewRequest("GET", "http://127.0.0.1/path", nil), "")); a.status != 404 {
			t.Errorf("another path: %+v", a)
		}
		long := strings.Repeat("x", 1<<20+1)
		if a := ask(t, s, form(long)); a.status != 413 {
			t.Errorf("long request: %d %s", a.status, a.code)
		}
	})
}

// elements are the contents of an element in a response, all of them.
func elements(body, name string) (all []string) {
	for _, m := range regexp.MustCompile(`<`+name+`>([^<]*)</`+name+`>`).FindAllStringSubmatch(body, -1) {
		all = append(all, m[1])
	}
	return all
}

// TestPagesOfUsers walks through more users than fit a page, and filters them.
func TestPagesOfUsers(t *testing.T) {
	t.Parallel()
	config := emulator.Config{}
	for i := range 44 {
		config.Users = append(config.Users, emulator.User{Name: fmt.Sprintf("u%02d", i)})
	}
	config.Users = append(config.Users, emulator.User{Name: "off", Off: true}, emulator.User{Name: "two", Passwords: []string{"a", "b"}})
	at(t, noon(), config, func(t *testing.T, s *emulator.Server) {
		ids, sizes, marker := []string{}, []int{}, ""
		for range 5 {
			a := query(t, s, signing{service: "elasticache"}, "Action=DescribeUsers&MaxRecords=20&Marker="+url.QueryEscape(marker))
			page := elements(a.body, "UserId")
			ids, sizes = append(ids, page...), append(sizes, len(page))
			next := elements(a.body, "Marker")
			if len(next) == 0 {
				break
			}
			marker = next[0]
		}
		slices.Sort(ids)
		if got := len(slices.Compact(ids)); got != 47 || !slices.Equal(sizes, []int{20, 20, 7}) {
			t.Errorf("%d different users in pages of %v", got, sizes)
		}
		for filter, want := range map[string]string{
			"Filters.member.1.Name=UserId&Filters.member.1.Values.member.1=u01&Filters.member.1.Values.member.2=two":                                "[two u01]",
			"Filters.member.1.Name=UserId&Filters.member.1.Values.member.1=u01&Filters.member.2.Name=Status&Filters.member.2.Values.member.1=other": "[]",
			"Filters.member.1.Name=UserGroupId&Filters.member.1.Values.member.1=other":                                                              "[]",
			"Engine=redis":             "[default]",
			"UserId=OFF&Engine=valkey": "[off]",
		} {
			a := query(t, s, signing{service: "elasticache"}, "Action=DescribeUsers&"+filter)
			if got := fmt.Sprint(elements(a.body, "UserId")); got != want {
				t.Errorf("%s: %s, want %s", filter, got, want)
			}
		}
		one := query(t, s, signing{service: "elasticache"}, "Action=DescribeUsers&UserId=two").body
		if fmt.Sprint(elements(one, "Type"), elements(one, "PasswordCount")) != "[password] [2]" {
			t.Error(one)
		}
		if one := query(t, s, signing{service: "elasticache"}, "Action=DescribeUsers&UserId=off").body; fmt.Sprint(elements(one, "AccessString"), elements(one, "Type")) != "[off ~* +@all] [iam]" {
			t.Error(one)
		}
		s.RemoveUser("two")
		if a := query(t, s, signing{service: "elasticache"}, "Action=DescribeUsers&UserId=two"); a.code != "UserNotFound" {
			t.Errorf("removed: %+v", a)
		}
	})
}

const role = "arn:aws:iam::123456789012:role/team/app"

// principals are a role that may connect to a cache from one network, tell of users and simulate, and not of itself; a user who
// may do nothing, the account's root, and a key that acts for nobody.
func principals(t *testing.T) emulator.Config {
	t.Helper()
	policy, err := emulator.ParsePolicy([]byte(`{"Version":"2012-10-17","Statement":[
		{"Sid":"cache","Effect":"Allow","Action":"elasticache:Connect","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}},
		{"Sid":"never","Effect":"Deny","Action":"elasticache:Connect","Resource":"*:user:admin"},
		{"Sid":"tell","Effect":"Allow","Action":["elasticache:DescribeUsers","iam:SimulatePrincipalPolicy","iam:GetRole"],"Resource":"*"},
		{"Sid":"secret","Effect":"Deny","Action":"elasticache:DescribeUserGroups","Resource":"*:usergroup:orders-users"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return emulator.Config{
		Keys: []verify.Key{{ID: "ASIAROLE", Secret: "s", SessionToken: "t"}, {ID: "AKIAUSER", Secret: "s"}, {ID: "AKIAROOT", Secret: "s"}, {ID: "AKIANOBODY", Secret: "s"}},
		Principals: []emulator.Principal{{ARN: role, Keys: []string{"ASIAROLE"}, Policies: []emulator.Policy{policy}},
			{ARN: "arn:aws:iam::123456789012:user/someone", Keys: []string{"AKIAUSER"}},
			{ARN: "arn:aws:iam::123456789012:root", Keys: []string{"AKIAROOT"}}},
	}
}

func as(key, service string) signing {
	c := aws.Credentials{AccessKeyID: key, SecretAccessKey: "s"}
	if strings.HasPrefix(key, "ASIA") {
		c.SessionToken = "t"
	}
	return signing{Credentials: c, service: service}
}

// TestCallersAreHeldToTheirPolicies asks as each principal.
func TestCallersAreHeldToTheirPolicies(t *testing.T) {
	t.Parallel()
	const app = "User: arn:aws:sts::123456789012:assumed-role/app/ASIAROLE is not authorized to perform: elasticache:"
	at(t, noon(), principals(t), func(t *testing.T, s *emulator.Server) {
		for _, c := range []struct{ key, service, action, code, text string }{
			{"ASIAROLE", "elasticache", "DescribeUsers", "", ""},
			{"ASIAROLE", "elasticache", "DescribeReplicationGroups", "AccessDenied", app + "DescribeReplicationGroups on resource: arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:* because no identity-based policy allows the elasticache:DescribeReplicationGroups action"},
			{"ASIAROLE", "elasticache", "DescribeUserGroups&UserGroupId=orders-users", "AccessDenied", app + "DescribeUserGroups on resource: arn:aws:elasticache:eu-west-1:123456789012:usergroup:orders-users with an explicit deny in an identity-based policy"},
			{"ASIAROLE", "sts", "GetCallerIdentity", "", ""},
			{"AKIAUSER", "sts", "GetCallerIdentity", "", ""},
			{"AKIAUSER", "elasticache", "DescribeUsers&UserId=other", "AccessDenied", "user:other because"}, // before UserNotFound
			{"AKIAUSER", "iam", "SimulatePrincipalPolicy&PolicySourceArn=" + role, "AccessDenied", "iam:SimulatePrincipalPolicy on resource: " + role},
			{"AKIAUSER", "iam", "GetRole&RoleName=app", "AccessDenied", "iam:GetRole on resource: " + role},
			{"AKIAROOT", "elasticache", "DescribeReplicationGroups", "", ""},
			{"AKIANOBODY", "sts", "GetCallerIdentity", "InvalidClientTokenId", "invalid"},
		} {
			if a := query(t, s, as(c.key, c.service), "Action="+c.action); a.code != c.code || !strings.Contains(a.message, c.text) {
				t.Errorf("%s %s: %+v, want %s with %q", c.key, c.action, a, c.code, c.text)
			}
		}
		if a := ask(t, s, as("AKIAUSER", "memorydb").sign(t, object("AmazonMemoryDB.DescribeACLs", "{}"), "{}")); a.code != "AccessDeniedException" ||
			!strings.Contains(a.message, "memorydb:DescribeACLs on resource: arn:aws:memorydb:eu-west-1:123456789012:acl/* because") {
			t.Errorf("MemoryDB: %+v", a)
		}
	})
}

// TestSimulations asks what the role may do, and how it cannot be asked.
func TestSimulations(t *testing.T) {
	t.Parallel()
	const connect = "ActionNames.member.1=elasticache:Connect"
	inside := "&ContextEntries.member.1.ContextKeyName=aws:SourceIp&ContextEntries.member.1.ContextKeyType=ip&ContextEntries.member.1.ContextKeyValues.member.1=192.0.2.7"
	more := "&PolicyInputList.member.1=" + url.QueryEscape(`{"Statement":{"Sid":"extra","Effect":"Allow","Action":"*","Resource":"*"}}`)
	at(t, noon(), principals(t), func(t *testing.T, s *emulator.Server) {
		simulate := func(source, parameters string) answer {
			return query(t, s, as("ASIAROLE", "iam"), "Action=SimulatePrincipalPolicy&PolicySourceArn="+source+"&"+parameters)
		}
		for _, c := range []struct{ parameters, decision, statements, missing string }{
			{connect, "[implicitDeny]", "[]", "[aws:SourceIp]"},
			{connect + inside, "[allowed]", "[policy 1, statement &#34;cache&#34;]", "[]"},
			{connect + strings.Replace(inside, "192.0.2.7", "198.51.100.7", 1), "[implicitDeny]", "[]", "[]"},
			{connect + more, "[allowed]", "[policy 2, statement &#34;extra&#34;]", "[aws:SourceIp]"},
			{connect + more + inside + "&ResourceArns.member.1=arn:aws:elasticache:eu-west-1:123456789012:user:admin", "[explicitDeny]",
				"[policy 1, statement &#34;never&#34; policy 1, statement &#34;never&#34;]", "[]"},
			{"ActionNames.member.1=elasticache:DescribeUsers&ActionNames.member.2=s3:GetObject", "[allowed implicitDeny]", "[policy 1, statement &#34;tell&#34;]", "[]"},
		} {
			body := simulate(role, c.parameters).body
			var missing []string
			for _, m := range regexp.MustCompile(`<MissingContextValues><member>([^<]*)`).FindAllStringSubmatch(body, -1) {
				missing = append(missing, m[1])
			}
			if got := fmt.Sprint(elements(body, "EvalDecision")); got != c.decision {
				t.Errorf("%s: %s, want %s: %s", c.parameters, got, c.decision, body)
			}
			if got := fmt.Sprint(elements(body, "SourcePolicyId"), missing); got != c.statements+" "+c.missing {
				t.Errorf("%s: %s, want %s %s", c.parameters, got, c.statements, c.missing)
			}
		}
		for _, c := range []struct{ source, parameters, code, text string }{
			{"arn:aws:sts::123456789012:assumed-role/app/ASIAROLE", connect, "InvalidInput", "Invalid Entity Arn: arn:aws:sts::123456789012:assumed-role/app/ASIAROLE does not clearly define entity type and name."},
			{"arn:aws:iam::123456789012:root", connect, "InvalidInput", "Invalid Entity Arn"},
			{"arn:aws:iam::123456789012:role/app", connect, "NoSuchEntity", "The role with name app cannot be found."},
			{role, "", "ValidationError", "ActionNames"},
			{role, "ActionNames.member.1=connect", "InvalidInput", "Invalid Action Name: connect."},
			{role, connect + "&ResourceArns.member.1=orders", "InvalidInput", "ResourceNames are not in a valid ARN format: orders."},
			{role, connect + "&CallerArn=x", "InvalidInput", "CallerArn is not played"},
			{role, connect + "&PermissionsBoundaryPolicyInputList.member.1=x", "InvalidInput", "not played"},
			{role, connect + "&PolicyInputList.member.1=x", "InvalidInput", "policy"},
			{role, connect + inside + "&ContextEntries.member.1.ContextKeyValues.member.2=x", "InvalidInput", "one value"},
		} {
			if a := simulate(c.source, c.parameters); a.code != c.code || !strings.Contains(a.message, c.text) {
				t.Errorf("%s %s: %+v, want %s with %q", c.source, c.parameters, a, c.code, c.text)
			}
		}
		first := simulate(role, "ActionNames.member.1=a:b&ActionNames.member.2=c:d&MaxItems=1")
		second := simulate(role, "ActionNames.member.1=a:b&ActionNames.member.2=c:d&MaxItems=1&Marker="+elements(first.body, "Marker")[0])
		got := fmt.Sprint(elements(first.body, "EvalActionName"), elements(first.body, "IsTruncated"), elements(second.body, "EvalActionName"), elements(second.body, "IsTruncated"))
		if got != "[a:b] [true] [c:d] [false]" {
			t.Errorf("pages: %s", got)
		}
	})
}

// TestWhoAmI tells each kind of caller who it is, and the role what its ARN is.
func TestWhoAmI(t *testing.T) {
	t.Parallel()
	at(t, noon(), principals(t), func(t *testing.T, s *emulator.Server) {
		for key, want := range map[string]string{
			"ASIAROLE": `arn:aws:sts::123456789012:assumed-role/app/ASIAROLE AROA[A-Z2-7]{17}:ASIAROLE 123456789012`,
			"AKIAUSER": `arn:aws:iam::123456789012:user/someone AIDA[A-Z2-7]{17} 123456789012`,
			"AKIAROOT": `arn:aws:iam::123456789012:root 123456789012 123456789012`,
		} {
			body := query(t, s, as(key, "sts"), "Action=GetCallerIdentity").body
			got := strings.Join(slices.Concat(elements(body, "Arn"), elements(body, "UserId"), elements(body, "Account")), " ")
			if !regexp.MustCompile("^" + want + "$").MatchString(got) {
				t.Errorf("%s: %s", key, got)
			}
		}
		body := query(t, s, as("ASIAROLE", "iam"), "Action=GetRole&RoleName=app").body
		if got := fmt.Sprint(elements(body, "Arn"), elements(body, "Path"), elements(body, "RoleName")); got != "["+role+"] [/team/] [app]" {
			t.Errorf("role: %s", body)
		}
		if a := query(t, s, as("ASIAROLE", "iam"), "Action=GetRole&RoleName=other"); a.code != "NoSuchEntity" {
			t.Errorf("no role: %+v", a)
		}
	})
	at(t, noon(), emulator.Config{Region: "cn-north-1", Service: valetkey.MemoryDB}, func(t *testing.T, s *emulator.Server) {
		if body := query(t, s, signing{service: "sts", region: "cn-north-1"}, "Action=GetCallerIdentity").body; fmt.Sprint(elements(body, "Arn")) != "[arn:aws-cn:iam::123456789012:root]" {
			t.Errorf("without principals: %s", body)
		}
	})
}
