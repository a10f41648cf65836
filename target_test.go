package valetkey

import (
	"errors"
	"strings"
	"testing"
)

var valid = Target{Name: "orders", User: "app", Region: "eu-west-1"}

// with returns the valid target after a change.
func with(change func(*Target)) Target {
	t := valid
	change(&t)
	return t
}

func TestValidate(t *testing.T) {
	for name, target := range map[string]Target{
		"plain":               valid,
		"one letter":          with(func(t *Target) { t.Name, t.User = "a", "b" }),
		"upper case":          with(func(t *Target) { t.Name, t.User = "Orders-1", "App" }),
		"40 letters":          with(func(t *Target) { t.Name = strings.Repeat("a", 40) }),
		"serverless, long":    with(func(t *Target) { t.Name, t.Serverless = strings.Repeat("a", 63), true }),
		"managed user":        with(func(t *Target) { t.User = "default.iam-user" }),
		"user called default": with(func(t *Target) { t.User = "default" }),
		"user with hyphens":   with(func(t *Target) { t.User = "a--b-" }),
		"memorydb":            with(func(t *Target) { t.Service = MemoryDB }),
		"govcloud":            with(func(t *Target) { t.Region = "us-gov-west-1" }),
		"address":             with(func(t *Target) { t.Address = "cache.example:6379" }),
		"loopback":            with(func(t *Target) { t.Address, t.Plaintext = "[::1]:6379", true }),
		"localhost":           with(func(t *Target) { t.Address, t.Plaintext = "a.localhost:6379", true }),
		"plain, no address":   with(func(t *Target) { t.Plaintext = true }),
	} {
		if err := target.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	for _, c := range []struct {
		target Target
		want   string
	}{
		{with(func(t *Target) { t.Name = "" }), "name is empty"},
		{with(func(t *Target) { t.Name = "1orders" }), "start with a letter"},
		{with(func(t *Target) { t.Name = "or_ders" }), `"or_ders" is no cache name`},
		{with(func(t *Target) { t.Name = "or--ders" }), "single hyphens"},
		{with(func(t *Target) { t.Name = "orders-" }), "do not end with a hyphen"},
		{with(func(t *Target) { t.Name = "orders\n" }), "is no cache name"},
		{with(func(t *Target) { t.Name = "\u212aey" }), "is no cache name"},
		{with(func(t *Target) { t.Name = strings.Repeat("a", 41) }), "at most 40"},
		{with(func(t *Target) { t.Name, t.Serverless = strings.Repeat("a", 64), true }), "at most 63"},
		{with(func(t *Target) { t.Name = "orders-x2e9hv.serverless.use1.cache.amazonaws.com" }), `the name to sign is "orders"`},
		{with(func(t *Target) { t.Name = "clustercfg.orders.x.memorydb.us-east-1.amazonaws.com:6379" }), `the name to sign is "orders"`},
		{with(func(t *Target) { t.Name = "orders-ro.x2e9hv.ng.0001.use1.cache.amazonaws.com" }), "looks like an endpoint"},
		{with(func(t *Target) { t.Name = "cache.example.com" }), "looks like an endpoint"},
		{with(func(t *Target) { t.Name = "localhost:6379" }), "looks like an endpoint"},
		{with(func(t *Target) { t.User = "" }), "user is empty"},
		{with(func(t *Target) { t.User = "default." }), "is no user id"},
		{with(func(t *Target) { t.User = "other.iam-user" }), "is no user id"},
		{with(func(t *Target) { t.User = "default.default.a" }), "is no user id"},
		{with(func(t *Target) { t.User = "1app" }), "start with a letter"},
		{with(func(t *Target) { t.User = "app " }), `"app " is no user id`},
		{with(func(t *Target) { t.Region = "" }), "region is empty"},
		{with(func(t *Target) { t.Region = "use1" }), `"use1" does not look like one`},
		{with(func(t *Target) { t.Region = "EU-WEST-1" }), "does not look like one"},
		{with(func(t *Target) { t.Service = "rds" }), `service "rds"`},
		{with(func(t *Target) { t.Service, t.Serverless = MemoryDB, true }), "only ElastiCache has serverless"},
		{with(func(t *Target) { t.Address = "cache.example" }), "not host:port"},
		{with(func(t *Target) { t.Address = "cache.example:0" }), "not host:port"},
		{with(func(t *Target) { t.Address = "cache.example:65536" }), "not host:port"},
		{with(func(t *Target) { t.Address = "ca che:6379" }), "not host:port"},
		{with(func(t *Target) { t.Address, t.Plaintext = "cache.example:6379", true }), "without TLS"},
		{with(func(t *Target) { t.Address, t.Plaintext = "127.0.0.1.example.com:6379", true }), "without TLS"},
	} {
		err := c.target.Validate()
		var e *Error
		if !errors.Is(err, InvalidTarget) || !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v; want an InvalidTarget with %q", c.target, err, c.want)
		}
		if _, err := NewSigner(c.target, staticCreds); !errors.Is(err, InvalidTarget) {
			t.Errorf("NewSigner(%+v): %v", c.target, err)
		}
	}
}

// A value that may be a URL with a password in it is not shown.
func TestValidateHidesPasswords(t *testing.T) {
	const secret = "S3CR3T"
	pasted := "rediss://app:" + secret + "@cache.example:6379"
	for _, target := range []Target{
		with(func(t *Target) { t.Name = pasted }),
		with(func(t *Target) { t.User = pasted }),
		with(func(t *Target) { t.User = "app:" + secret }),
		with(func(t *Target) { t.Region = pasted }),
		with(func(t *Target) { t.Service = Service(pasted) }),
		with(func(t *Target) { t.Address = pasted }),
	} {
		if err := target.Validate(); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v", err)
		}
	}
}

func TestTargetString(t *testing.T) {
	for want, target := range map[string]Target{
		"app@orders (elasticache, eu-west-1)":            valid,
		"app@orders (elasticache serverless, eu-west-1)": with(func(t *Target) { t.Serverless = true }),
		"app@orders (memorydb, eu-west-1)":               with(func(t *Target) { t.Service = MemoryDB }),
	} {
		if got := target.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
