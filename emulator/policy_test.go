package emulator_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

func policy(t testing.TB, document string) emulator.Policy {
	t.Helper()
	p, err := emulator.ParsePolicy([]byte(document))
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return p
}

const (
	allowAll  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	cacheARN  = "arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:orders"
	userARN   = "arn:aws:elasticache:eu-west-1:123456789012:user:app"
	allowBoth = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["elasticache:connect"],"Resource":["` + cacheARN + `","` + userARN + `"]}]}`
)

// on is a policy of one statement with that condition, on everything.
func on(effect, condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"elasticache:Connect","Resource":"*","Condition":` + condition + `}]}`
}

// TestPoliciesDecide tries policies on a replication group, whose clients come from 192.0.2.7.
func TestPoliciesDecide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		allowed  bool
		policies []string
	}{
		"nothing":                {false, nil},
		"everything":             {true, []string{allowAll}},
		"both, by name":          {true, []string{allowBoth}},
		"both, in two policies":  {true, []string{strings.Replace(allowBoth, cacheARN, "x", 1), strings.Replace(allowBoth, userARN, "x", 1)}},
		"not the cache":          {false, []string{strings.Replace(allowBoth, cacheARN, "x", 1)}},
		"not the user":           {false, []string{strings.Replace(allowBoth, userARN, "x", 1)}},
		"another account":        {false, []string{strings.ReplaceAll(allowBoth, "123456789012", "210987654321")}},
		"another region":         {false, []string{strings.ReplaceAll(allowBoth, "eu-west-1", "eu-west-2")}},
		"another action":         {false, []string{strings.ReplaceAll(allowBoth, "connect", "describe")}},
		"wildcards":              {true, []string{strings.NewReplacer("orders", "ord*s", ":app", ":a??", "connect", "CONN*").Replace(allowBoth)}},
		"resources have case":    {false, []string{strings.ReplaceAll(allowBoth, "orders", "Orders")}},
		"deny wins":              {false, []string{allowAll, strings.Replace(allowBoth, "Allow", "Deny", 1)}},
		"deny of the user wins":  {false, []string{`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"` + userARN + `"}]}`, allowAll}},
		"deny of others":         {true, []string{allowAll, strings.NewReplacer("Allow", "Deny", "orders", "other", ":app", ":root").Replace(allowBoth)}},
		"not this action":        {false, []string{`{"Statement":[{"Effect":"Allow","NotAction":"elasticache:*","Resource":"*"}]}`}},
		"not another resource":   {true, []string{`{"Statement":[{"Effect":"Allow","Action":"*","NotResource":"*:other"}]}`}},
		"address":                {true, []string{on("Allow", `{"IpAddress":{"aws:SourceIp":["198.51.100.0/24","192.0.2.0/24"]}}`)}},
		"other address":          {false, []string{on("Allow", `{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`)}},
		"not other address":      {true, []string{on("Allow", `{"NotIpAddress":{"AWS:sourceip":"198.51.100.1"}}`)}},
		"denied address":         {false, []string{allowAll, on("Deny", `{"NotIpAddress":{"aws:SourceIp":["198.51.100.0/24"]}}`)}},
		"tags of both":           {true, []string{on("Allow", `{"StringEquals":{"aws:ResourceTag/Team":["shop","x"]}}`)}},
		"tag of one":             {false, []string{on("Allow", `{"StringLike":{"aws:ResourceTag/tier":"g*"}}`)}},
		"two conditions":         {false, []string{on("Allow", `{"StringLike":{"aws:ResourceTag/team":"s*"},"StringNotEquals":{"aws:ResourceTag/team":"shop"}}`)}},
		"absent key":             {false, []string{on("Allow", `{"StringEquals":{"aws:SourceVpc":"vpc-1"}}`)}},
		"absent key if exists":   {true, []string{on("Allow", `{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}`)}},
		"absent key, negated":    {true, []string{on("Allow", `{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`)}},
		"null":                   {true, []string{on("Allow", `{"Null":{"aws:SourceVpc":true,"aws:SourceIp":"false"}}`)}},
		"time is not documented": {false, []string{on("Allow", `{"DateLessThan":{"aws:CurrentTime":"2999-01-01T00:00:00Z"}}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := emulator.New(t, quiet, emulator.InMemory, func(c *emulatorConfig) {
				c.ClientIP, c.Tags = "192.0.2.7", map[string]string{"team": "shop", "Tier": "gold"}
				c.Users = []emulator.User{{Name: "app", Tags: map[string]string{"TEAM": "shop"}}}
			})
			p := emulator.Principal{ARN: "arn:aws:iam::123456789012:role/app", Keys: []string{emulator.ExampleAccessKeyID}}
			for _, document := range c.policies {
				p.Policies = append(p.Policies, policy(t, document))
			}
			s.PutPrincipal(p)
			reply := dial(t, s).do("AUTH", "app", token(t, s))
			if got := reply == "+OK\r\n"; got != c.allowed {
				t.Errorf("%q, refusals %v", reply, s.Refusals())
			}
			if !c.allowed && (lastRefusal(t, s).Reason != emulator.NotAuthorized || lastRefusal(t, s).Check != 17) {
				t.Errorf("refusal %v", lastRefusal(t, s))
			}
		})
	}
}

// TestPermissionsAreTheKeys has three keys act for a role, for a root, and for nobody.
func TestPermissionsAreTheKeys(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::123456789012:role/app"
	s := emulator.New(t, quiet, func(c *emulatorConfig) {
		c.Keys = []verify.Key{{ID: "AKIDROLE", Secret: "s"}, {ID: "ASIAROLE", Secret: "s", SessionToken: "t"}, {ID: "AKIDROOT", Secret: "s"}, {ID: "AKIDNONE", Secret: "s"}}
		c.Principals = []emulator.Principal{
			{ARN: role, Keys: []string{"AKIDROLE", "ASIAROLE"}, Policies: []emulator.Policy{policy(t, allowBoth)}},
			{ARN: "arn:aws:iam::123456789012:root", Keys: []string{"AKIDROOT"}},
		}
	})
	connected := dial(t, s)
	connected.want("+OK", "AUTH", "app", sign(t, s.Target(), "AKIDROLE", "s", ""))
	dial(t, s).want("+OK", "AUTH", "app", sign(t, s.Target(), "ASIAROLE", "s", "t"))
	dial(t, s).want("+OK", "AUTH", "app", sign(t, s.Target(), "AKIDROOT", "s", ""))
	dial(t, s).want("-WRONGPASS", "AUTH", "app", sign(t, s.Target(), "AKIDNONE", "s", ""))
	if got := lastRefusal(t, s); got.Reason != emulator.NotAuthorized || !strings.Contains(got.Detail, "no principal") {
		t.Errorf("refusal %v", got)
	}
	s.PutPrincipal(emulator.Principal{ARN: role, Keys: []string{"AKIDROLE"}})
	connected.want("+PONG", "PING") // what IAM takes away later cuts nobody
	connected.want("-WRONGPASS", "AUTH", "app", sign(t, s.Target(), "AKIDROLE", "s", ""))
	if got := lastRefusal(t, s); !strings.Contains(got.Detail, role) || !strings.Contains(got.Detail, cacheARN) {
		t.Errorf("refusal %v", got)
	}
}

// TestServerlessSuppliesOtherConditionKeys has the time of day count, and the way that clients come.
func TestServerlessSuppliesOtherConditionKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for condition, allowed := range map[string]bool{
			`{"DateLessThan":{"aws:CurrentTime":"2000-01-01T00:10Z"}}`:                                     true,
			`{"DateGreaterThanEquals":{"aws:CurrentTime":"2000-01-01T00:10:00Z"}}`:                         false,
			`{"DateEquals":{"aws:CurrentTime":"2000"},"NumericLessThan":{"aws:EpochTime":1000000000}}`:     true,
			`{"StringEquals":{"aws:SourceVpc":"vpc-1"},"StringEqualsIgnoreCase":{"aws:SourceVpce":"X-1"}}`: true,
			`{"IpAddress":{"aws:VpcSourceIp":"10.1.2.3"}}`:                                                 true,
			`{"IpAddress":{"aws:SourceIp":"10.1.2.3"}}`:                                                    false,
		} {
			s := emulator.New(t, quiet, emulator.InMemory, func(c *emulatorConfig) {
				c.Serverless, c.ClientIP, c.SourceVPC, c.SourceVPCE = true, "10.1.2.3", "vpc-1", "x-1"
				c.Principals = []emulator.Principal{{ARN: "r", Keys: []string{emulator.ExampleAccessKeyID}, Policies: []emulator.Policy{policy(t, on("Allow", condition))}}}
			})
			if reply := dial(t, s).do("AUTH", "app", token(t, s)); (reply == "+OK\r\n") != allowed {
				t.Errorf("%s: %q %v", condition, reply, s.Refusals())
			}
			s.Close()
		}
	})
}

// TestPolicyFollowsTheServersClock gives access for ten minutes.
func TestPolicyFollowsTheServersClock(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		w := login(t, s)
		s.Advance(time.Hour)
		w.want("-WRONGPASS", "AUTH", "app", token(t, s))
		if got := lastRefusal(t, s).Reason; got != emulator.NotAuthorized {
			t.Errorf("reason %q", got)
		}
	}, quiet, func(c *emulatorConfig) {
		c.Serverless = true
		c.Principals = []emulator.Principal{{ARN: "r", Keys: []string{emulator.ExampleAccessKeyID},
			Policies: []emulator.Policy{policy(t, on("Allow", `{"DateLessThan":{"aws:CurrentTime":"2000-01-01T00:10:00Z"}}`))}}}
	})
}

func TestARNsOfEveryKindOfCache(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config     emulator.Config
		action     string
		cache, app string
	}{
		{emulator.Config{}, "elasticache:Connect", cacheARN, userARN},
		{emulator.Config{Serverless: true, Region: "cn-north-1"}, "elasticache:Connect", "arn:aws-cn:elasticache:cn-north-1:123456789012:serverlesscache:orders",
			"arn:aws-cn:elasticache:cn-north-1:123456789012:user:app"},
		{emulator.Config{Service: valetkey.MemoryDB, Account: "1", Region: "us-gov-west-1"}, "memorydb:connect", "arn:aws-us-gov:memorydb:us-gov-west-1:1:cluster/orders",
			"arn:aws-us-gov:memorydb:us-gov-west-1:1:user/app"},
	} {
		document := `{"Statement":{"Effect":"Allow","Action":"` + c.action + `","Resource":["` + c.cache + `","` + c.app + `"]}}`
		s := emulator.New(t, emulator.InMemory, func(config *emulatorConfig) {
			*config = c.config
			config.InMemory = true
			config.Principals = []emulator.Principal{{ARN: "r", Keys: []string{emulator.ExampleAccessKeyID}, Policies: []emulator.Policy{policy(t, document)}}}
		})
		if reply := dial(t, s).do("AUTH", "app", token(t, s)); reply != "+OK\r\n" {
			t.Errorf("%s: %v", document, s.Refusals())
		}
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		``:                                   "EOF",
		allowAll + `x`:                       "follows",
		`{"Statment":[]}`:                    "unknown field",
		`{"Version":"2012-10-18"}`:           "version",
		`{"Statement":[{"Effect":"allow"}]}`: "want Allow or Deny",
		`{"Statement":[{"Effect":"Allow","Principal":"*"}]}`:                               "unknown field",
		`{"Statement":[{"Effect":"Allow","Resource":"*"}]}`:                                "Action",
		`{"Statement":[{"Effect":"Allow","Action":"*"}]}`:                                  "Resource",
		`{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}`:   "Action",
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:${aws:username}"}]}`: "variables",
		`{"Statement":[{"Effect":"Allow","Action":{"x":1},"Resource":"*"}]}`:               "no string",
		on("Allow", `{"ForAnyValue:StringEquals":{"aws:TagKeys":"x"}}`):                    "not supported",
		on("Allow", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`):                        "aws:SourceIp",
		on("Allow", `{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}`):                     "no date",
		on("Allow", `{"NumericEquals":{"aws:EpochTime":"x"}}`):                             "invalid syntax",
		on("Allow", `{"Bool":{"aws:SecureTransport":"yes"}}`):                              "true or false",
		on("Allow", `{"StringEquals":{"aws:ResourceTag/x":"${aws:PrincipalTag/x}"}}`):      "variables",
	} {
		if _, err := emulator.ParsePolicy([]byte(document)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", document, err, want)
		}
	}
}

// FuzzPolicy holds that what is read can be asked, and that nothing is allowed by a policy that never says so.
func FuzzPolicy(f *testing.F) {
	for _, seed := range []string{allowAll, allowBoth, on("Deny", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), `{"Statement":{"Effect":"Allow","NotAction":["a*b*c"],"Resource":"?*?"}}`} {
		f.Add([]byte(seed), "elasticache:Connect", cacheARN)
	}
	f.Fuzz(func(t *testing.T, document []byte, action, resource string) {
		p, err := emulator.ParsePolicy(document)
		if err != nil {
			return
		}
		allowed := emulator.Decide([]emulator.Policy{p}, action, resource)
		if allowed && !strings.Contains(string(document), "Allow") && !strings.Contains(string(document), `\u`) {
			t.Errorf("%s allows %s on %s", document, action, resource)
		}
		deny := policy(t, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
		if emulator.Decide([]emulator.Policy{p, deny}, action, resource) {
			t.Errorf("%s wins over a deny of everything", document)
		}
	})
}
