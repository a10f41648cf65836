// Package stage sets up what the examples are tested on: a real valkey-server with the emulator in front of it, whose sessions last a second.
package stage

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

// Session is what 12 hours are here.
const Session = time.Second

// A Stage is a cache, and the command line with which an example uses it.
type Stage struct {
	Server *emulator.Server
	Args   []string
	*valkey
}

// New starts a server and puts the AWS credentials that it accepts into the environment.
func New(t *testing.T, args ...string) *Stage {
	t.Helper()
	v := start(t, args)
	srv := emulator.New(t, func(c *emulator.Config) {
		c.Upstream, c.SessionLimit, c.TLSDir = v.addr, Session, t.TempDir()
	})
	t.Setenv("AWS_ACCESS_KEY_ID", emulator.ExampleAccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", emulator.ExampleSecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", "")
	return &Stage{Server: srv, valkey: v, Args: []string{
		"-url", srv.URL(), "-ca-file", srv.CAFile(), "-session-limit", Session.String(),
	}}
}

// NewCluster is New with a cluster of one node, which names the emulator's address to its clients.
func NewCluster(t *testing.T) *Stage {
	t.Helper()
	s := New(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(freePort(t)), "--cluster-announce-hostname", "localhost",
		"--cluster-preferred-endpoint-type", "hostname")
	_, emulated, err := net.SplitHostPort(s.Server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	s.do(t, "CONFIG SET cluster-announce-port "+emulated, "+OK")
	s.do(t, "CLUSTER ADDSLOTSRANGE 0 16383", "+OK")
	s.await(t, "Cluster state changed: ok")
	s.Args = append(s.Args, "-cluster")
	return s
}

// Lasts checks that connections have outlived sessions: they were authenticated again, none was cut, and nothing was refused.
func (s *Stage) Lasts(t *testing.T) {
	t.Helper()
	if n := s.Server.Stats(); n.Reauths == 0 || n.IamAuthenticationExpirations != 0 || n.Refusals != 0 {
		t.Errorf("%d authenticated again, %d cut, refused %v", n.Reauths, n.IamAuthenticationExpirations, s.Server.Refusals())
	}
}
