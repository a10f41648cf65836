package emulator_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

const configuration = `{
  "service": "elasticache", "name": "billing", "region": "us-east-1", "serverless": true, "lenient_resource_type": true,
  "assumptions": {"auth_in_multi": "queue", "same_token": "refuse", "cut_reply": "error", "drop_auth_errors": true},
  "account": "210987654321", "tags": {"team": "shop"}, "client_ip": "192.0.2.1", "source_vpc": "vpc-1", "source_vpce": "vpce-1",
  "users": [{"name": "me"}, {"name": "batch", "passwords": ["x"], "off": true, "tags": {"a": "b"}}],
  "access_keys": [{"id": "ASIA1", "secret": "s", "session_token": "t", "expires": "2999-01-01T00:00:00Z", "principal": "role"}],
  "principals": [{"arn": "role", "policies": [` + allowAll + `]}],
  "session_limit": "1h", "token_life": "1m", "clock_skew": "1s",
  "profile": "memorydb", "shards": 1, "replicas": 1, "engine": "embedded", "allow_restricted": true, "host": "localhost",
  "control_plane": "127.0.0.1:0", "user_group": "g",
  "listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "no_tls": true, "tls_dir": "d", "tls_names": ["cache.test"],
  "upstream": "127.0.0.1:1", "upstream_user": "u", "upstream_password": "p"
}`

// TestConfigFileFillsEveryField finds each field set by a file that has them all.
func TestConfigFileFillsEveryField(t *testing.T) {
	t.Parallel()
	c, err := emulator.ReadConfig(strings.NewReader(configuration))
	if err != nil {
		t.Fatal(err)
	}
	for v, i := reflect.ValueOf(c), 0; i < v.NumField(); i++ {
		name := v.Type().Field(i).Name
		inGo := name == "InMemory" || name == "Logger" || name == "OnEvent"
		if v.Field(i).IsZero() != inGo {
			t.Errorf("%s is %v", name, v.Field(i))
		}
	}
	if c.SessionLimit != time.Hour || c.Keys[0].Expires.Year() != 2999 || c.Keys[0].SessionToken != "t" || c.Users[1].Tags["a"] != "b" ||
		c.Principals[0].Keys[0] != "ASIA1" || c.Assumptions.AuthInMulti != emulator.QueueInMulti {
		t.Errorf("%+v", c)
	}
	c.Upstream, c.InMemory, c.Profile, c.Shards, c.Replicas = "", true, emulator.SingleNode, 0, 0 // which it cannot be all at once
	s := &emulator.Server{Config: c}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := dial(t, s)
	w.want("+OK", "AUTH", "me", token(t, s))
	w.want("-WRONGPASS", "AUTH", "batch", "x")
}

func TestConfigFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		`{"nmae": "orders"}`:                                 "unknown field",
		`{"session_limit": 60}`:                              "duration",
		`{"access_keys": [{"id": "k", "principal": "x"}]}`:   "not among",
		`{"principals": [{"policies": [{"Version": "1"}]}]}`: "version",
		`{} {}`: "follows",
	} {
		if _, err := emulator.ReadConfig(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func ExampleReadConfig() {
	c, err := emulator.ReadConfig(strings.NewReader(`{"name": "orders", "users": [{"name": "app"}], "session_limit": "1h"}`))
	fmt.Println(c.Name, c.Users[0].Name, c.SessionLimit, err)
	// Output: orders app 1h0m0s <nil>
}
