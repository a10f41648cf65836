//go:build cgo

package e2e

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/glide"
	"github.com/valetkey/valetkey/internal/needs"
)

// A glideClient is a client of Valkey GLIDE, of either kind.
type glideClient interface {
	glide.Client
	Incr(ctx context.Context, key string) (int64, error)
	Close()
}

var (
	_ glideClient = (*valkeyglide.Client)(nil)
	_ glideClient = (*valkeyglide.ClusterClient)(nil)
)

// A glideKind is how to make a server and a client that fit each other.
type glideKind struct {
	name    string
	cluster bool
}

var glideKinds = []glideKind{{name: "standalone"}, {name: "cluster", cluster: true}}

// raceless makes what GLIDE 2.5.3 makes with a client's first command, without a lock: the race detector sees that otherwise.
var raceless = sync.OnceFunc(func() { valkeyglide.GetOtelInstance() })

// eachKind runs the test with a standalone and with a cluster client, at the same time as other tests.
func eachKind(t *testing.T, test func(t *testing.T, kind glideKind)) {
	needs.Server(t)
	t.Parallel()
	for _, kind := range glideKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

// requestTimeout leaves a busy machine time: GLIDE's 250 ms are short for it.
const requestTimeout = 2 * time.Second

// A stage is a real Valkey with an emulator in front of it.
type stage struct {
	*emulator.Server
	glideKind

	mu      sync.Mutex
	renewed map[uint64]int  // re-authentications of each connection
	expired map[uint64]bool // connections that the session limit cut
}

// open starts the server that the kind of client wants. A cluster node names the emulator's address as its own, so that the client stays behind
// the emulator after it has learnt the topology.
func (kind glideKind) open(t *testing.T, options ...func(*emulator.Config)) *stage {
	t.Helper()
	surviveCuts()
	raceless()
	valkey := startValkey
	if kind.cluster {
		valkey = func(t *testing.T, _ ...string) *valkeyServer { return startClusterNode(t) }
	}
	v := valkey(t)
	s := &stage{glideKind: kind, renewed: map[uint64]int{}, expired: map[uint64]bool{}}
	s.Server = emulator.New(t, append([]func(*emulator.Config){func(c *emulator.Config) {
		c.Upstream = v.addr()
		c.TLSDir = t.TempDir()
		c.OnEvent = s.note
	}}, options...)...)
	if kind.cluster {
		v.announce(t, s.Addr())
	}
	return s
}

func (s *stage) note(e emulator.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Kind {
	case emulator.Renewed:
		s.renewed[e.Conn]++
	case emulator.Expired:
		s.expired[e.Conn] = true
	}
}

// renewedThenExpired counts connections that were re-authenticated and cut by the session limit nevertheless.
func (s *stage) renewedThenExpired() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.expired {
		if s.renewed[conn] > 0 {
			n++
		}
	}
	return n
}

// connect makes a client with a fresh token, as a user of GLIDE would: TLS, the emulator's own root, user and token.
func (s *stage) connect(t *testing.T, source valetkey.Source) glideClient {
	t.Helper()
	client, err := s.dial(t, source, s.root(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func (s *stage) root(t *testing.T) []byte {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	return pem
}

// dial makes a client that trusts root, or what the system trusts if that is nil.
func (s *stage) dial(t *testing.T, source valetkey.Source, root []byte) (glideClient, error) {
	t.Helper()
	user, token, err := glide.Credentials(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	credentials := config.NewServerCredentials(user, token)
	trust := config.NewTlsConfiguration().WithRootCertificates(root)
	address := &config.NodeAddress{Host: "localhost", Port: portOf(t, s.Addr())}
	if s.cluster {
		client, err := valkeyglide.NewClusterClient(config.NewClusterClientConfiguration().
			WithAddress(address).WithUseTLS(true).WithCredentials(credentials).WithRequestTimeout(requestTimeout).
			WithAdvancedConfiguration(config.NewAdvancedClusterClientConfiguration().WithTlsConfiguration(trust)))
		return client, err
	}
	client, err := valkeyglide.NewClient(config.NewClientConfiguration().
		WithAddress(address).WithUseTLS(true).WithCredentials(credentials).WithRequestTimeout(requestTimeout).
		WithAdvancedConfiguration(config.NewAdvancedClientConfiguration().WithTlsConfiguration(trust)))
	return client, err
}
