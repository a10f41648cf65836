package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/valkey-io/valkey-go"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/proxy"
)

// The limits of AWS scaled down: every connection outlives some sessions and is renewed every few hundred milliseconds.
const (
	proxySession = 4 * time.Second
	proxyRun     = 10 * time.Second
)

// startProxied is an emulator in front of a real valkey-server with the scaled session.
func startProxied(t *testing.T) *emulator.Server {
	upstream := startValkey(t).addr()
	return emulator.New(t, func(c *emulator.Config) { c.Upstream, c.SessionLimit = upstream, proxySession })
}

// newProxy is a proxy to srv that has not been started.
func newProxy(srv *emulator.Server) *proxy.Server {
	return &proxy.Server{
		Addr:   srv.Addr(),
		Dialer: valetkey.Dialer{Source: &rotation{src: srv.Source()}, TLSConfig: srv.ClientTLS(), SessionLimit: proxySession, RenewAfter: proxySession / 10},
	}
}

// startProxy serves p on addr until the test ends, and returns where.
func startProxy(t *testing.T, p *proxy.Server, addr string) string {
	t.Helper()
	ln, err := proxy.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		p.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// Stock clients, with their own handshakes and with the passwords that they were configured with, use a cache that wants tokens through a
// port that wants none, and never notice that a session is four seconds long.
func TestProxyUnderClients(t *testing.T) {
	for name, run := range map[string]func(context.Context, *testing.T, string, *tried){
		"go-redis RESP3 with a password": func(ctx context.Context, t *testing.T, addr string, w *tried) {
			goRedisAt(ctx, &goredis.Options{Addr: addr, Protocol: 3, Password: "dummy", ClientName: "me"}, w)
		},
		"go-redis RESP2": func(ctx context.Context, t *testing.T, addr string, w *tried) {
			goRedisAt(ctx, &goredis.Options{Addr: addr, Protocol: 2}, w)
		},
		"valkey-go with a user": func(ctx context.Context, t *testing.T, addr string, w *tried) {
			valkeyGoAt(ctx, t, valkey.ClientOption{InitAddress: []string{addr}, Username: "me", Password: "dummy", ClientName: "me"}, w)
		},
		"redigo": func(ctx context.Context, t *testing.T, addr string, w *tried) { redigoAt(ctx, addr, w) },
		"redigo with a password": func(ctx context.Context, t *testing.T, addr string, w *tried) {
			redigoAt(ctx, addr, w, redis.DialPassword("dummy"), redis.DialClientName("me"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startProxied(t)
			p := newProxy(srv)
			addr := startProxy(t, p, "127.0.0.1:0")
			var w tried
			ctx, cancel := context.WithCancel(t.Context()) // no deadline, which clients would act on before ctx is over
			defer cancel()
			defer time.AfterFunc(proxyRun, cancel).Stop()
			run(ctx, t, addr, &w)
			checkProxyRun(t, srv, p, &w)
		})
	}
}

// checkProxyRun fails unless every command worked through at least 20 renewals, and the cache saw none but good logins.
func checkProxyRun(t *testing.T, srv *emulator.Server, p *proxy.Server, w *tried) {
	t.Helper()
	s, e := p.Stats(), srv.Stats()
	t.Logf("%d commands, %d errors; %d clients, %d renewals, deferred %v; server: %d auths, %d re-auths, %d expirations, %d refusals",
		w.commands.Load(), len(w.errs), s.Accepted, s.Upstream.Renewed, s.Deferred, e.Auths, e.Reauths, e.IamAuthenticationExpirations, e.Refusals)
	if len(w.errs) > 0 {
		t.Errorf("%d errors, the first: %v", len(w.errs), w.errs[0])
	}
	if e.IamAuthenticationExpirations != 0 || s.Upstream.Cut != 0 || s.Upstream.Replaced != 0 || e.Refusals != 0 {
		t.Errorf("cut %d, replaced %v, refused %v", s.Upstream.Cut, s.Replaced, srv.Refusals())
	}
	if e.Reauths < 20 || w.commands.Load() < 500 {
		t.Errorf("%d renewals and %d commands: the test does not test much", e.Reauths, w.commands.Load())
	}
}

func goRedisAt(ctx context.Context, o *goredis.Options, w *tried) {
	o.MaxRetries, o.PoolSize, o.ReadTimeout, o.WriteTimeout = -1, 20, 20*time.Second, 20*time.Second
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	c := goredis.NewClient(o)
	defer c.Close()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { goRedisCounter(ctx, c, i, w) })
	}
	wg.Go(func() { goRedisPipeline(ctx, c, w) })
	wg.Go(func() { goRedisWatch(ctx, c, w) })
	wg.Go(func() { goRedisPubSub(ctx, c, w) })
	wg.Go(func() { goRedisBlocking(ctx, c, 3*time.Second, w) })
	wg.Wait()
}

func valkeyGoAt(ctx context.Context, t *testing.T, o valkey.ClientOption, w *tried) {
	o.DisableRetry, o.ConnWriteTimeout, o.ForceSingleClient = true, 20*time.Second, true
	c, err := valkey.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { valkeyGoCounter(ctx, c, i, w) })
	}
	wg.Go(func() { valkeyGoDedicated(ctx, c, w) })
	wg.Go(func() { valkeyGoPubSub(ctx, c, w) })
	wg.Go(func() { valkeyGoBlocking(ctx, c, 3*time.Second, w) })
	wg.Wait()
}

func redigoAt(ctx context.Context, addr string, w *tried, options ...redis.DialOption) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for i := range 6 {
		wg.Go(func() {
			c, err := redis.Dial("tcp", addr, options...)
			if w.check(ctx, err); err != nil {
				return
			}
			defer c.Close()
			redigoLoop(ctx, c, i, w)
		})
	}
}

// redigoLoop mixes commands, pipelines, transactions and scripts on one connection.
func redigoLoop(ctx context.Context, c redis.Conn, i int, w *tried) {
	key := "redigo" + strconv.Itoa(i)
	for n := 1; ctx.Err() == nil; n++ {
		got, err := redis.Int(c.Do("INCR", key))
		w.check(ctx, wantInt(got, n, err))
		c.Send("MULTI")
		c.Send("SET", key+":copy", n)
		c.Send("GET", key+":copy")
		all, err := redis.Values(c.Do("EXEC"))
		if err == nil && len(all) != 2 {
			err = fmt.Errorf("EXEC answered %d elements, want 2", len(all))
		}
		w.check(ctx, err)
		got, err = redis.Int(c.Do("EVAL", "return redis.call('GET', KEYS[1])", 1, key))
		w.check(ctx, wantInt(got, n, err))
		pause(ctx, 2*time.Millisecond)
	}
}

func wantInt(got, want int, err error) error {
	if err == nil && got != want {
		return fmt.Errorf("got %d, want %d", got, want)
	}
	return err
}

// valkey-cli with a password that nobody knows, over TCP and over a socket of mode 0600.
func TestProxyUnderValkeyCLI(t *testing.T) {
	cli := needs.CLI(t)
	srv := startProxied(t)
	p := newProxy(srv)
	_, port, err := net.SplitHostPort(startProxy(t, p, "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "vk") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := startProxy(t, p, "unix:"+filepath.Join(dir, "s"))
	for name, args := range map[string][]string{
		"plain":             {"-p", port},
		"password":          {"-p", port, "--no-auth-warning", "-a", "dummy"},
		"user and RESP3":    {"-p", port, "--no-auth-warning", "--user", "me", "--pass", "dummy", "-3"},
		"socket":            {"-s", socket},
		"socket, with user": {"-s", socket, "--no-auth-warning", "--user", "me", "--pass", "dummy"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), cli, args...)
			cmd.Stdin = strings.NewReader("SET k \"a value\"\nGET k\nAUTH me other\nMULTI\nAUTH me other\nGET k\nEXEC\nACL WHOAMI\n")
			out, err := cmd.CombinedOutput()
			got := strings.Join(strings.Fields(string(out)), " ")
			if want := "OK a value OK OK QUEUED QUEUED OK a value"; err != nil || !strings.HasPrefix(got, want) {
				t.Errorf("it printed %q (%v), want %q first", got, err, want)
			}
		})
	}
	if e := srv.Stats(); e.Refusals != 0 {
		t.Errorf("the cache refused %v", srv.Refusals())
	}
}

// What stands between the proxy and its cache is said to the client and to the status, and no command gets by.
func TestProxyUpstreamTrouble(t *testing.T) {
	srv := emulator.New(t)
	for name, tt := range map[string]struct {
		change func(*testing.T, *proxy.Server)
		want   string
	}{
		"wrong CA":   {func(t *testing.T, p *proxy.Server) { p.Dialer.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()} }, "certificate signed by unknown authority"},
		"wrong name": {func(t *testing.T, p *proxy.Server) { p.Dialer.TLSConfig.ServerName = "elsewhere.example" }, "certificate is valid for"},
		"no TLS upstream": {func(t *testing.T, p *proxy.Server) {
			p.Addr, p.DialTimeout = startValkey(t).addr(), 200*time.Millisecond
		}, "TLS: context deadline exceeded"},
		"nobody there": {func(t *testing.T, p *proxy.Server) { p.Addr = loopbackAddr(freePort(t)) }, "connection refused"},
		"garbage": {func(t *testing.T, p *proxy.Server) { p.Dialer.Plaintext, p.Addr = true, garbage(t) },
			"Protocol error"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(srv)
			p.Dialer.TLSConfig = srv.ClientTLS().Clone()
			tt.change(t, p)
			conn, err := net.Dial("tcp", startProxy(t, p, "127.0.0.1:0"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			if _, err := conn.Write([]byte("PING\r\n")); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := got.ReadFrom(conn); err != nil || !strings.HasPrefix(got.String(), "-ERR valetkey: ") || !strings.Contains(got.String(), tt.want) {
				t.Errorf("the client got %q (%v), want an error with %q", &got, err, tt.want)
			}
			if st := p.Status(); st.Ready || !strings.Contains(st.Why, tt.want) {
				t.Errorf("status %+v, want the same", st)
			}
		})
	}
	if e := srv.Stats(); e.Auths != 0 || e.Commands != 0 {
		t.Errorf("the cache has seen %+v", e)
	}
}

// garbage is the address of a server that answers with something else.
func garbage(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			resp.NewCommandReader(conn, resp.Limits{}).Next()
			conn.Write([]byte("$3\r\nHTTP/1.1 400\r\n"))
			conn.Close()
		}
	}()
	return ln.Addr().String()
}

// A cache that comes back is found again without waiting for a client.
func TestProxyRecovers(t *testing.T) {
	srv := emulator.New(t)
	p := newProxy(srv)
	p.Recheck = 10 * time.Millisecond
	startProxy(t, p, "127.0.0.1:0")
	srv.SetFault(emulator.IAMUnavailable)
	if err := p.Check(t.Context()); err == nil || p.Status().Ready {
		t.Fatalf("Check: %v, status %+v, while the cache refuses everybody", err, p.Status())
	}
	srv.SetFault(emulator.NoFault)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !p.Status().Ready {
		if pause(ctx, 5*time.Millisecond); ctx.Err() != nil {
			t.Fatalf("still %+v", p.Status())
		}
	}
	if st := p.Status(); st.LastAuth.Before(st.LastFailure) || st.LastToken.IsZero() || st.TokenExpires.Before(time.Now()) {
		t.Errorf("status %+v", st)
	}
}
