package e2e

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/verify"
)

// A person with botocore's token and valkey-cli is let in by the emulator, for each kind of cache; with the token of another cache not.
func TestBotocoreTokenWithValkeyCLI(t *testing.T) {
	python := needs.Botocore(t)
	cli := needs.CLI(t)
	upstream := startValkey(t).addr()
	for name, cache := range map[string]emulator.Config{
		"node-based": {},
		"serverless": {Serverless: true, Keys: []verify.Key{{ID: "ASIAEXAMPLE", Secret: "secret", SessionToken: "session/+=token"}}},
		"MemoryDB":   {Service: valetkey.MemoryDB, Name: "my-cluster", Region: "us-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := emulator.New(t, func(c *emulator.Config) {
				cache.Upstream, cache.TLSDir, cache.Logger = upstream, t.TempDir(), c.Logger
				*c = cache
			})
			good := botocoreSigning(srv, cache)
			wrong := good
			wrong.Name += "-2"
			tokens := botocoreTokens(t, python, []signing{good, wrong})
			if out := valkeyCLI(t, cli, srv, tokens[0], "SET", "k", "v"); out != "OK" {
				t.Errorf("with botocore's token: %q", out)
			}
			if out := valkeyCLI(t, cli, srv, tokens[1], "GET", "k"); !strings.Contains(out, "WRONGPASS") || !strings.Contains(out, "NOAUTH") {
				t.Errorf("with the token of another cache: %q", out)
			}
			if r := srv.Refusals(); len(r) == 0 || r[0].Reason != verify.WrongName {
				t.Errorf("refusals %v, want %s first", r, verify.WrongName)
			}
		})
	}
}

// botocoreSigning is what botocore is to sign for the server's own user, now.
func botocoreSigning(srv *emulator.Server, cache emulator.Config) signing {
	target := srv.Target()
	s := signing{
		Service: string(target.Service), Name: target.Name, User: target.User, Region: target.Region, Serverless: target.Serverless,
		AccessKey: emulator.ExampleAccessKeyID, SecretKey: emulator.ExampleSecretAccessKey,
		Date: time.Now().UTC().Format("20060102T150405Z"), Expires: 900,
	}
	if len(cache.Keys) > 0 {
		k := cache.Keys[0]
		s.AccessKey, s.SecretKey, s.SessionToken = k.ID, k.Secret, k.SessionToken
	}
	return s
}

// valkeyCLI runs one command over TLS with the token as the password, which goes through the environment.
func valkeyCLI(t *testing.T, cli string, srv *emulator.Server, token string, args ...string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cli, append([]string{"--no-auth-warning", "--tls", "--cacert", srv.CAFile(), "-p", port, "--user", srv.Target().User}, args...)...)
	cmd.Env = append(os.Environ(), "VALKEYCLI_AUTH="+token, "REDISCLI_AUTH="+token)
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
