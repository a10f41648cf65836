//go:build cgo

package e2e

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"
)

// glideCluster is GLIDE's cluster client. It has no dialer to record: what it dials, the nodes see.
func glideCluster(t *testing.T, seed string) []clusterClient {
	t.Helper()
	surviveCuts()
	raceless()
	host, text, err := net.SplitHostPort(seed)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	connect := func(from config.ReadFrom) *valkeyglide.ClusterClient {
		c, err := valkeyglide.NewClusterClient(config.NewClusterClientConfiguration().WithRequestTimeout(20 * time.Second).
			WithAddress(&config.NodeAddress{Host: host, Port: port}).WithReadFrom(from))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	writer, reader := connect(config.Primary), connect(config.PreferReplica)
	return []clusterClient{{"glide",
		func(ctx context.Context, key string) (int64, error) { return writer.Incr(ctx, key) },
		func(ctx context.Context, key string) (string, error) {
			got, err := reader.Get(ctx, key)
			return got.Value(), err
		}}}
}
