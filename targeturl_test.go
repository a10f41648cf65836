package valetkey

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	base := Target{Service: ElastiCache, Name: "orders", User: "app", Region: "us-east-1"}
	at := func(address string, change func(*Target)) Target {
		t := base
		t.Address = address
		if change != nil {
			change(&t)
		}
		return t
	}
	serverless := func(t *Target) { t.Serverless = true }
	memory := func(t *Target) { t.Service = MemoryDB }
	const host = "orders-x2e9hv.serverless.use1.cache.amazonaws.com"
	const cfg = "clustercfg.orders.x2e9hv.use1.cache.amazonaws.com"
	const mdb = "clustercfg.orders.x2e9hv.memorydb.us-east-1.amazonaws.com"
	for in, want := range map[string]Target{
		"rediss://app@" + host + ":6379":                                          at(host+":6379", serverless),
		"rediss://app@" + host:                                                    at(host+":6379", serverless),
		"valkeys://app@" + host + ":6380/":                                        at(host+":6380", serverless),
		"app@" + host + ":06380":                                                  at(host+":6380", serverless),
		"REDISS://App@" + strings.ToUpper(host) + ".":                             at(host+":6379", serverless),
		"rediss://app@" + cfg + "/0":                                              at(cfg+":6379", nil),
		"rediss://app@" + mdb:                                                     at(mdb+":6379", memory),
		"rediss://%61pp@" + cfg:                                                   at(cfg+":6379", nil),
		"rediss://app@" + host + "?serverless=false":                              at(host+":6379", nil),
		"rediss://app@" + cfg + "?serverless=true":                                at(cfg+":6379", serverless),
		"rediss://app@" + cfg + "?name=Other":                                     at(cfg+":6379", func(t *Target) { t.Name = "other" }),
		"rediss://app@" + cfg + "?region=eu-west-1":                               at(cfg+":6379", func(t *Target) { t.Region = "eu-west-1" }),
		"rediss://app@" + host + "?service=memorydb&name=orders&region=us-east-1": at(host+":6379", memory),
		"rediss://app@" + host + "?service=elasticache":                           at(host+":6379", serverless),
		"rediss://app@127.0.0.1:6380?name=orders&region=us-east-1":                at("127.0.0.1:6380", nil),
		"rediss://app@[::1]:6380?name=orders&region=us-east-1":                    at("[::1]:6380", nil),
		"rediss://app@?name=orders&region=us-east-1":                              at("", nil),
		"rediss://app@my_cache?name=orders&region=us-east-1&serverless=true":      at("my_cache:6379", serverless),
		"redis://app@localhost?name=orders&region=us-east-1":                      at("localhost:6379", func(t *Target) { t.Plaintext = true }),
		"valkey://app@127.1.2.3:1?name=orders&region=us-east-1&service=memorydb":  at("127.1.2.3:1", func(t *Target) { t.Plaintext = true; t.Service = MemoryDB }),
		"rediss://default.iam-user@" + host:                                       at(host+":6379", func(t *Target) { t.Serverless = true; t.User = "default.iam-user" }),
		"rediss://app@clustercfg.orders.x.memorydb.us-east-1.amazonaws.com:7000":  at("clustercfg.orders.x.memorydb.us-east-1.amazonaws.com:7000", memory),
	} {
		got, err := ParseTarget(in)
		if err != nil || got != want {
			t.Errorf("ParseTarget(%q) = %+v, %v; want %+v", in, got, err, want)
			continue
		}
		if again, err := ParseTarget(got.URL()); err != nil || again != got {
			t.Errorf("%q reads back as %+v, %v; want %+v", got.URL(), again, err, got)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	const known = "rediss://app@clustercfg.orders.x2e9hv.use1.cache.amazonaws.com"
	for _, c := range []struct{ in, want string }{
		{"", "no user"},
		{"rediss://", "no user"},
		{"rediss://" + "clustercfg.orders.x2e9hv.use1.cache.amazonaws.com", "no user: write rediss://USER@HOST"},
		{"http://app@h?name=a&region=eu-west-1", "scheme is unknown"},
		{"redis://app@clustercfg.orders.x2e9hv.use1.cache.amazonaws.com", "without TLS"},
		{"redis://app@10.0.0.1?name=a&region=eu-west-1", "without TLS"},
		{"rediss://app@127.0.0.1", "127.0.0.1 does not tell everything about the cache: add ?name=NAME&region=REGION to the URL"},
		{"rediss://app@", "add ?name=NAME&region=REGION"},
		{"rediss://app@127.0.0.1?name=orders", "add ?region=REGION"},
		{"rediss://app@clustercfg.orders.x2e9hv.zzz9.cache.amazonaws.com", "add ?region=REGION"},
		{"rediss://app@orders-ro.x2e9hv.ng.0001.use1.cache.amazonaws.com", "add ?name=NAME"},
		{known + "?service=memorydb", "add ?name=NAME&region=REGION"},
		{known + "?user=b", "unknown query key"},
		{known + "?Name=b", "unknown query key"},
		{known + "?name=b&name=b", "name more than once"},
		{known + "?name=", "name has no value"},
		{known + "?name", "name has no value"},
		{known + "?name=a;region=b", "query is not valid"},
		{known + "?name=%zz", "query is not valid"},
		{known + "?serverless=1", "must be true or false"},
		{known + "?service=rds", "add ?name=NAME"},
		{known + "?service=rds&name=a&region=eu-west-1", `service "rds"`},
		{known + "?name=a.b.c", "looks like an endpoint"},
		{known + "?name=" + "orders-x2e9hv.serverless.use1.cache.amazonaws.com", `the name to sign is "orders"`},
		{known + "/3", "has a path"},
		{known + "#x", "has a fragment"},
		{known + "#", "has a fragment"},
		{known + ":0", "host or port"},
		{known + ":65536", "host or port"},
		{known + ":", "host or port"},
		{known + ":a", "not a URL"},
		{"rediss://app@:6379?name=a&region=eu-west-1", "port but no host"},
		{"rediss://app@h h?name=a&region=eu-west-1", "not a URL"},
		{"rediss://app@\u212a?name=a&region=eu-west-1", "host or port"},
		{"rediss://app@a..b?name=a&region=eu-west-1", "host or port"},
		{"rediss://app@[fe80::1%25eth0]?name=a&region=eu-west-1", "host or port"},
		{"rediss://a%20pp@h?name=a&region=eu-west-1", `"a pp" is no user id`},
		{"rediss://app:@h?name=a&region=eu-west-1", "has a password"},
		{"rediss://:S3CR3T@h?name=a&region=eu-west-1", "has a password"},
		{"rediss://app:S3CR3T@h?name=a&region=eu-west-1", "has a password"},
		{"app:S3CR3T@h?name=a&region=eu-west-1", "has a password"},
		{"rediss://app:S3CR3T/x@h?name=a&region=eu-west-1", "not a URL"},
		{"rediss://app:S3CR3T%@h?name=a&region=eu-west-1", "not a URL"},
		{"rediss://app:1#S3CR3T@h", "has a fragment"},
		{"rediss://app:1/S3CR3T@h", "has a path"},
		{"rediss://app:1?S3CR3T@h", "no user"},
		{"rediss://a@app:1?S3CR3T@h", "unknown query key"},
		{"rediss://app%3AS3CR3T@h?name=a&region=eu-west-1", "is no user id"},
	} {
		got, err := ParseTarget(c.in)
		if !errors.Is(err, InvalidTarget) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseTarget(%q) = %+v, %v; want an InvalidTarget with %q", c.in, got, err, c.want)
			continue
		}
		if got != (Target{}) || strings.Contains(err.Error(), "S3CR3T") {
			t.Errorf("ParseTarget(%q) = %+v, %v", c.in, got, err)
		}
	}
}

func TestURL(t *testing.T) {
	for want, target := range map[string]Target{
		"rediss://app@?name=orders&region=eu-west-1&serverless=false&service=elasticache": with(func(t *Target) { t.Name = "ORDERS" }),
		"redis://app@[::1]:1?name=orders&region=eu-west-1&serverless=true&service=elasticache": with(func(t *Target) {
			t.Address, t.Plaintext, t.Serverless = "[::1]:1", true, true
		}),
	} {
		if got := target.URL(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// FuzzParseTarget checks that what is accepted is valid, canonical and reads back, and that no error shows a password.
func FuzzParseTarget(f *testing.F) {
	f.Add("rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379")
	f.Add("redis://app@127.0.0.1:6380?name=orders&region=eu-west-1&serverless=true")
	f.Add("valkeys://default.iam-user@[::1]?name=orders&region=eu-west-1&service=memorydb")
	f.Add("app@?name=orders&region=us-gov-west-1")
	f.Add("@h?name=a&region=eu-west-1")
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := ParseTarget(s); err == nil {
			checkCanonical(t, got)
		} else if !errors.Is(err, InvalidTarget) {
			t.Fatalf("error without a reason: %v", err)
		}
		const secret = "S3CR3T"
		for _, front := range []string{"rediss://app:" + secret, "app:" + secret} {
			if got, err := ParseTarget(front + s); err == nil || strings.Contains(strings.ToUpper(err.Error()), secret) {
				t.Fatalf("%+v, %v", got, err)
			}
		}
	})
}

func checkCanonical(t *testing.T, got Target) {
	t.Helper()
	if n, err := got.normal(); err != nil || n != got {
		t.Fatalf("%+v normalises to %+v, %v", got, n, err)
	}
	if again, err := ParseTarget(got.URL()); err != nil || again != got {
		t.Fatalf("%q reads back as %+v, %v; want %+v", got.URL(), again, err, got)
	}
}
