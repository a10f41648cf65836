// Package stage sets up what the examples are tested on: an emulated cache on real servers, whose sessions last a second.
package stage

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
)

// Session is what 12 hours are here.
const Session = time.Second

// A Stage is a cache, and the command line with which an example uses it.
type Stage struct {
	Server *emulator.Server
	Args   []string
}

// New starts a cache of one node and puts the AWS credentials that it accepts into the environment.
func New(t *testing.T) *Stage {
	t.Helper()
	return start(t, func(*emulator.Config) {})
}

// NewCluster is New with a cluster of two shards.
func NewCluster(t *testing.T) *Stage {
	t.Helper()
	s := start(t, func(c *emulator.Config) { c.Profile, c.Shards = emulator.ClusterEnabled, 2 })
	s.Args = append(s.Args, "-cluster")
	return s
}

// NewServerless is New with a serverless cache, which clients take for a cluster.
func NewServerless(t *testing.T) *Stage {
	t.Helper()
	s := start(t, func(c *emulator.Config) { c.Profile = emulator.ServerlessCache })
	s.Args = append(s.Args, "-cluster")
	return s
}

func start(t *testing.T, option func(*emulator.Config)) *Stage {
	t.Helper()
	path := needs.Server(t)
	srv := emulator.New(t, option, func(c *emulator.Config) {
		c.Engine, c.SessionLimit, c.TLSDir = path, Session, t.TempDir()
	})
	t.Setenv("AWS_ACCESS_KEY_ID", emulator.ExampleAccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", emulator.ExampleSecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", "")
	return &Stage{Server: srv, Args: []string{"-url", srv.URL(), "-ca-file", srv.CAFile(), "-session-limit", Session.String()}}
}

// Outlives runs an example for several sessions, with further arguments. Its connections must outlive them: they are authenticated again,
// none is cut, and nothing is refused but commands that the service has for nobody. Clients send some to a serverless cache and do without.
func (s *Stage) Outlives(t *testing.T, run func(context.Context, []string) error, more ...string) {
	t.Helper()
	if err := run(t.Context(), slices.Concat(s.Args, more, []string{"-for", "2500ms"})); err != nil {
		t.Fatal(err)
	}
	if n := s.Server.Stats(); n.Reauths == 0 || n.IamAuthenticationExpirations != 0 {
		t.Errorf("%d authenticated again, %d cut", n.Reauths, n.IamAuthenticationExpirations)
	}
	for _, r := range s.Server.Refusals() {
		if r.Reason != emulator.RestrictedCommand {
			t.Error(r)
		}
	}
}

// Pulls runs an example whose client asks for tokens by a hook of its own. Nothing may be refused.
func (s *Stage) Pulls(t *testing.T, run func(context.Context, []string) error) {
	t.Helper()
	if err := run(t.Context(), append(s.Args, "-pull")); err != nil {
		t.Fatal(err)
	}
	if n := s.Server.Stats(); n.Auths == 0 || n.Refusals != 0 {
		t.Errorf("%d authenticated, refused %v", n.Auths, s.Server.Refusals())
	}
}
