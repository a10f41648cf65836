//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"
	"github.com/valkey-io/valkey-glide/go/v2/models"
	"github.com/valkey-io/valkey-glide/go/v2/pipeline"

	"github.com/valetkey/valetkey/glide"
)

const native = "native IAM" // GLIDE signs tokens itself

func glideDriver() *driver {
	return &driver{name: "GLIDE", prepare: prepareGlide, connect: connectGlide, kept: true, own: []string{native}, noRESP2: true}
}

// prepareGlide does what package glide's documentation says to: GLIDE writes to cut connections on threads of its own, and Go ends a program for
// the SIGPIPE that it gets for that. And it makes what each client's first command would make, without a lock.
func prepareGlide() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	valkeyglide.GetOtelInstance()
}

// A glideConn is what GLIDE's two clients have in common.
type glideConn interface {
	glide.Client
	Incr(ctx context.Context, key string) (int64, error)
	Get(ctx context.Context, key string) (models.Result[string], error)
	Watch(ctx context.Context, keys []string) (string, error)
	BLPop(ctx context.Context, keys []string, timeout time.Duration) ([]string, error)
	Subscribe(ctx context.Context, channels []string, timeoutMs int) error
	GetQueue() (*valkeyglide.PubSubMessageQueue, error)
	GetCacheHitRate(ctx context.Context) (float64, error)
	Close()
}

// A glideClient is either of them. GLIDE sends everything by one connection to each node, so that a WATCH is everybody's: who watches is alone.
type glideClient struct {
	glideConn
	batch    func(ctx context.Context, atomic bool, keys []string) ([]any, error)
	keeper   *glide.Keeper // nil unless Keep keeps it signed in
	watching sync.Mutex
}

func connectGlide(l link) (client, error) {
	credentials, err := l.glideCredentials()
	if err != nil {
		return nil, err
	}
	root, err := os.ReadFile(l.ca)
	if err != nil {
		return nil, err
	}
	c, err := l.dialGlide(credentials, config.NewTlsConfiguration().WithRootCertificates(root))
	if err != nil {
		return nil, err
	}
	if l.mechanism == kept {
		c.keeper = glide.Keep(context.Background(), c.glideConn, l.source, glide.Options{Refresh: l.session / 6, Reauth: l.session / 2})
	}
	return c, nil
}

// glideCredentials are a token, which somebody must replace, or what GLIDE needs to sign for itself: the AWS credentials it finds on its own.
func (l link) glideCredentials() (*config.ServerCredentials, error) {
	if l.mechanism == native {
		every := max(1, uint32(l.session.Seconds()/2))
		return config.NewServerCredentialsWithIam(l.target.User,
			config.NewIamAuthConfig(l.target.Name, config.ElastiCache, l.target.Region).WithRefreshIntervalSeconds(every))
	}
	user, token, err := glide.Credentials(context.Background(), l.source)
	return config.NewServerCredentials(user, token), err
}

// dialGlide makes a client. A request has a session's time, since an AUTH waits behind a blocking command.
func (l link) dialGlide(credentials *config.ServerCredentials, trust *config.TlsConfiguration) (*glideClient, error) {
	address, err := glideAddress(l.addrs[0])
	if err != nil {
		return nil, err
	}
	cache, err := config.NewClientSideCache(1024, 0)
	if err != nil {
		return nil, err
	}
	cache.WithServerAssisted(true).WithMetrics(true)
	if l.cluster {
		o := config.NewClusterClientConfiguration().WithAddress(address).WithUseTLS(true).WithCredentials(credentials).WithRequestTimeout(l.session).
			WithAdvancedConfiguration(config.NewAdvancedClusterClientConfiguration().WithTlsConfiguration(trust))
		if l.workload.caching {
			o = o.WithClientSideCache(cache)
		}
		c, err := valkeyglide.NewClusterClient(o)
		if err != nil {
			return nil, err
		}
		return &glideClient{glideConn: c, batch: clusterBatch(c)}, nil
	}
	o := config.NewClientConfiguration().WithAddress(address).WithUseTLS(true).WithCredentials(credentials).WithRequestTimeout(l.session).
		WithAdvancedConfiguration(config.NewAdvancedClientConfiguration().WithTlsConfiguration(trust))
	if l.workload.caching {
		o = o.WithClientSideCache(cache)
	}
	c, err := valkeyglide.NewClient(o)
	if err != nil {
		return nil, err
	}
	return &glideClient{glideConn: c, batch: standaloneBatch(c)}, nil
}

func glideAddress(addr string) (*config.NodeAddress, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	return &config.NodeAddress{Host: host, Port: n}, err
}

func standaloneBatch(c *valkeyglide.Client) func(context.Context, bool, []string) ([]any, error) {
	return func(ctx context.Context, atomic bool, keys []string) ([]any, error) {
		b := pipeline.NewStandaloneBatch(atomic)
		for _, key := range keys {
			b.Incr(key)
		}
		return c.Exec(ctx, *b, false)
	}
}

func clusterBatch(c *valkeyglide.ClusterClient) func(context.Context, bool, []string) ([]any, error) {
	return func(ctx context.Context, atomic bool, keys []string) ([]any, error) {
		b := pipeline.NewClusterBatch(atomic)
		for _, key := range keys {
			b.Incr(key)
		}
		return c.Exec(ctx, *b, false)
	}
}

func (c *glideClient) incr(ctx context.Context, key string) (int64, error) { return c.Incr(ctx, key) }

func (c *glideClient) pipeline(ctx context.Context, keys []string) ([]int64, []error) {
	got, err := c.batch(ctx, false, keys)
	replies, errs := make([]int64, len(keys)), make([]error, len(keys))
	for i := range keys {
		if errs[i] = err; err == nil {
			replies[i], errs[i] = glideNumber(got, i)
		}
	}
	return replies, errs
}

// glideNumber is a batch's i-th reply.
func glideNumber(got []any, i int) (int64, error) {
	if i >= len(got) {
		return 0, fmt.Errorf("the batch has %d replies", len(got))
	}
	switch v := got[i].(type) {
	case int64:
		return v, nil
	case error:
		return 0, v
	default:
		return 0, fmt.Errorf("reply %v is no number", v)
	}
}

// transact lingers between WATCH and MULTI: what follows, GLIDE sends at once.
func (c *glideClient) transact(ctx context.Context, key string, linger time.Duration) (int64, error) {
	c.watching.Lock()
	defer c.watching.Unlock()
	if _, err := c.Watch(ctx, []string{key}); err != nil {
		return 0, err
	}
	if _, err := c.Get(ctx, key); err != nil {
		return 0, err
	}
	pause(ctx, linger)
	got, err := c.batch(ctx, true, []string{key})
	if err != nil {
		return 0, err
	}
	return glideNumber(got, 0)
}

func (c *glideClient) subscribe(ctx context.Context, channel string, got func(string)) error {
	if err := c.Subscribe(ctx, []string{channel}, int(patience.Milliseconds())); err != nil {
		return err
	}
	queue, err := c.GetQueue()
	if err != nil {
		return err
	}
	for {
		select {
		case m := <-queue.WaitForMessage():
			got(m.Message)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *glideClient) pop(ctx context.Context, key string, timeout time.Duration) (string, error) {
	got, err := c.BLPop(ctx, []string{key}, timeout)
	switch {
	case err != nil || len(got) == 0:
		return "", err
	case len(got) != 2:
		return "", fmt.Errorf("BLPOP answered %q", got)
	}
	return got[1], nil
}

// cached is GET, which GLIDE answers from its cache if it has one.
func (c *glideClient) cached(ctx context.Context, key string) (string, error) {
	got, err := c.Get(ctx, key)
	if err == nil && got.IsNil() {
		err = errors.New("the key is missing")
	}
	return got.Value(), err
}

// unused is an error if GLIDE answered nothing from its cache, which would make what the workload sees worth nothing.
func (c *glideClient) unused(ctx context.Context) error {
	rate, err := c.GetCacheHitRate(ctx)
	if err == nil && rate == 0 {
		err = errors.New("the cache has answered nothing")
	}
	return err
}

// trouble is what the keeper had.
func (c *glideClient) trouble() error {
	if c.keeper == nil {
		return nil
	}
	if s := c.keeper.Stats(); s.Errors > 0 {
		return fmt.Errorf("%d updates failed, the last: %w", s.Errors, s.LastError)
	}
	return nil
}

func (c *glideClient) close() {
	if c.keeper != nil {
		c.keeper.Stop()
	}
	c.Close()
}
