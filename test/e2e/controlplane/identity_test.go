package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/memorydb"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

const appRole = "arn:aws:iam::123456789012:role/shop/app"

// withRole is a cache that a role may connect to as the user app, from one network. The role may also ask what it may do.
func withRole(t *testing.T) emulator.Config {
	t.Helper()
	policy, err := emulator.ParsePolicy([]byte(`{"Version":"2012-10-17","Statement":[
		{"Sid":"Connect","Effect":"Allow","Action":"elasticache:Connect","Resource":["*:replicationgroup:orders","*:user:app"],
			"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}},
		{"Sid":"NoAdmin","Effect":"Deny","Action":"elasticache:*","Resource":"*:user:admin"},
		{"Sid":"Ask","Effect":"Allow","Action":["iam:SimulatePrincipalPolicy","iam:GetRole"],"Resource":"` + appRole + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return emulator.Config{
		Keys: []verify.Key{
			{ID: "ASIAOVER", Secret: "over", SessionToken: "over", Expires: time.Now().Add(-time.Minute)},
			{ID: "ASIAEXAMPLE", Secret: "secret", SessionToken: "session", Expires: time.Now().Add(time.Hour)}},
		Principals: []emulator.Principal{{ARN: appRole, Keys: []string{"ASIAOVER", "ASIAEXAMPLE"}, Policies: []emulator.Policy{policy}}},
	}
}

// TestSimulations asks IAM's simulator what the role may do, as a diagnosis would.
func TestSimulations(t *testing.T) {
	t.Parallel()
	c := iam.NewFromConfig(client(controlled(t, withRole(t))))
	const cache, app, admin = "arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:orders",
		"arn:aws:elasticache:eu-west-1:123456789012:user:app", "arn:aws:elasticache:eu-west-1:123456789012:user:admin"
	from := func(ip string) []iamtypes.ContextEntry {
		return []iamtypes.ContextEntry{{ContextKeyName: aws.String("aws:SourceIp"), ContextKeyType: "ip", ContextKeyValues: []string{ip}}}
	}
	for _, s := range []struct {
		name, source  string
		resources     []string
		context       []iamtypes.ContextEntry
		want, missing string
	}{
		{"inside", appRole, []string{cache, app, admin}, from("192.0.2.9"), "allowed allowed explicitDeny", ""},
		{"outside", appRole, []string{cache, app, admin}, from("198.51.100.9"), "implicitDeny implicitDeny explicitDeny", ""},
		{"nowhere", appRole, []string{cache}, nil, "implicitDeny", "aws:SourceIp"},
	} {
		got, err := c.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(s.source),
			ActionNames: []string{"elasticache:Connect"}, ResourceArns: s.resources, ContextEntries: s.context})
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		var decisions, missing []string
		for i, r := range got.EvaluationResults {
			decisions = append(decisions, string(r.EvalDecision))
			if *r.EvalActionName != "elasticache:Connect" || *r.EvalResourceName != s.resources[i] || len(r.ResourceSpecificResults) != 1 ||
				*r.ResourceSpecificResults[0].EvalResourceName != s.resources[i] || r.ResourceSpecificResults[0].EvalResourceDecision != r.EvalDecision {
				t.Errorf("%s: %s", s.name, shown(r))
			}
			if matches := len(r.MatchedStatements); (matches > 0) != (r.EvalDecision != "implicitDeny") {
				t.Errorf("%s: %d statements, %s", s.name, matches, r.EvalDecision)
			}
			for _, x := range r.ResourceSpecificResults {
				missing = append(missing, x.MissingContextValues...)
			}
		}
		if g, m := strings.Join(decisions, " "), strings.Join(missing, " "); g != s.want || m != s.missing {
			t.Errorf("%s: %s, missing %q; want %s, %q", s.name, g, m, s.want, s.missing)
		}
	}
	_, err := c.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/other"), ActionNames: []string{"a:b"}})
	refusedCode(t, "another role", err, "AccessDenied") // it may ask about itself alone
	pages := iam.NewSimulatePrincipalPolicyPaginator(c, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(appRole),
		ActionNames: []string{"a:b", "c:d", "iam:GetRole"}, ResourceArns: []string{appRole}, MaxItems: aws.Int32(2)})
	var got []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(len(page.EvaluationResults), page.IsTruncated))
	}
	if fmt.Sprint(got) != "[2 true 1 false]" {
		t.Errorf("pages %v", got)
	}
	role, err := c.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("app")})
	if err != nil || *role.Role.Arn != appRole || *role.Role.Path != "/shop/" || *role.Role.RoleName != "app" || !strings.HasPrefix(*role.Role.RoleId, "AROA") {
		t.Errorf("%s, %v", shown(role), err)
	}
}

func refusedCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || api.ErrorMessage() == "" {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

// TestCredentials calls every service with credentials that are good and with such as are not.
func TestCredentials(t *testing.T) {
	t.Parallel()
	s := controlled(t, withRole(t))
	call := func(c aws.Config) map[string]error {
		_, cache := elasticache.NewFromConfig(c).DescribeUsers(t.Context(), &elasticache.DescribeUsersInput{})
		_, db := memorydb.NewFromConfig(c).DescribeClusters(t.Context(), &memorydb.DescribeClustersInput{})
		_, who := sts.NewFromConfig(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		_, role := iam.NewFromConfig(c).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("app")})
		return map[string]error{"elasticache": cache, "memorydb": db, "sts": who, "iam": role}
	}
	with := func(id, secret, session string) aws.Config {
		c := client(s)
		c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: session}, nil
		})
		return c
	}
	elsewhere := client(s)
	elsewhere.Region = "eu-west-2"
	for name, x := range map[string]struct {
		config      aws.Config
		query, json string
	}{
		"bad signature":       {with("ASIAEXAMPLE", "other", "session"), "SignatureDoesNotMatch", "InvalidSignatureException"},
		"unknown key":         {with("AKIAOTHER", "other", ""), "InvalidClientTokenId", "UnrecognizedClientException"},
		"wrong session token": {with("ASIAEXAMPLE", "secret", "other"), "InvalidClientTokenId", "UnrecognizedClientException"},
		"expired session":     {with("ASIAOVER", "over", "over"), "ExpiredToken", "ExpiredTokenException"},
		"other region":        {elsewhere, "SignatureDoesNotMatch", "InvalidSignatureException"},
		"anonymous":           {aws.Config{Region: "eu-west-1", BaseEndpoint: client(s).BaseEndpoint, Credentials: aws.AnonymousCredentials{}}, "MissingAuthenticationToken", "MissingAuthenticationTokenException"},
	} {
		for service, err := range call(x.config) {
			code := x.query
			if service == "memorydb" {
				code = x.json
			}
			refusedCode(t, name+", "+service, err, code)
		}
	}
	good := call(client(s))
	refusedCode(t, "no permission for users", good["elasticache"], "AccessDenied")
	refusedCode(t, "no permission for clusters", good["memorydb"], "AccessDeniedException")
	if good["sts"] != nil || good["iam"] != nil {
		t.Errorf("good credentials: %v", good)
	}
	who, err := sts.NewFromConfig(client(s)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *who.Account != "123456789012" || *who.Arn != "arn:aws:sts::123456789012:assumed-role/app/ASIAEXAMPLE" || !strings.HasSuffix(*who.UserId, ":ASIAEXAMPLE") {
		t.Errorf("%s, %v", shown(who), err)
	}
}
