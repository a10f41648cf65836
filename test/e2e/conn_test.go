package e2e

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/valkey-io/valkey-go"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// The limits of AWS scaled to seconds, and a token that changes three times a second.
const (
	connSession  = 2 * time.Second
	connRotation = 300 * time.Millisecond
	connRun      = 30 * time.Second
)

// A rotation is a Source that hands out a new token every connRotation, as a provider whose credentials rotate does.
type rotation struct {
	mu    sync.Mutex
	src   valetkey.Source
	token valetkey.Token
	made  time.Time
	count int
}

func (r *rotation) Token(ctx context.Context) (valetkey.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.made) < connRotation {
		return r.token, nil
	}
	t, err := r.src.Token(ctx)
	if err == nil {
		r.token, r.made = t, time.Now()
		r.count++
	}
	return t, err
}

// A journal collects what a dialer reports.
type journal struct {
	mu     sync.Mutex
	events []valetkey.Event
}

func (j *journal) Observe(e valetkey.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// of lists the events of a kind.
func (j *journal) of(k valetkey.EventKind) (all []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Kind == k {
			all = append(all, fmt.Sprintf("%s %s %s %v", e.Kind, e.Age.Round(time.Millisecond), e.Reason, e.Err))
		}
	}
	return all
}

// A tried is the count of what a client did and of what went wrong.
type tried struct {
	commands atomic.Int64
	mu       sync.Mutex
	errs     []error
}

// check counts a command and keeps its error.
func (w *tried) check(ctx context.Context, err error) {
	if ctx.Err() != nil { // the run is over
		return
	}
	w.commands.Add(1)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.errs = append(w.errs, err)
	}
}

// startEmulator stands in front of a real valkey-server with the scaled session.
func startEmulator(t *testing.T) *emulator.Server {
	upstream := startValkey(t).addr()
	return emulator.New(t, func(c *emulator.Config) {
		c.Upstream, c.SessionLimit = upstream, connSession
	})
}

// A stock client over self-renewing connections never notices that a session is two seconds long.
func TestConnUnderClients(t *testing.T) {
	for name, run := range map[string]func(context.Context, *testing.T, *valetkey.Dialer, string, *tried){
		"go-redis": runGoRedis, "go-redis RESP2": runGoRedis2, "valkey-go": runValkeyGo,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startEmulator(t)
			var seen journal
			src := &rotation{src: srv.Source()}
			d := &valetkey.Dialer{Source: src, TLSConfig: srv.ClientTLS(), SessionLimit: connSession, Observer: &seen}
			var w tried
			ctx, cancel := context.WithCancel(t.Context()) // no deadline, which clients would act on before ctx is over
			defer cancel()
			defer time.AfterFunc(connRun, cancel).Stop()
			run(ctx, t, d, srv.Addr(), &w)

			s, e := d.Stats(), srv.Stats()
			t.Logf("%d commands, %d errors; %d tokens; dialer: %+v; server: %d connections, %d auths, %d re-auths, %d expirations, %d refusals",
				w.commands.Load(), len(w.errs), src.count, s, e.Connections, e.Auths, e.Reauths, e.IamAuthenticationExpirations, e.Refusals)
			if len(w.errs) > 0 {
				t.Errorf("%d errors, the first: %v", len(w.errs), w.errs[0])
			}
			if e.IamAuthenticationExpirations != 0 || s.Cut != 0 || s.Replaced != 0 || e.Refusals != 0 {
				t.Errorf("cut %d, replaced %v, refused %v", s.Cut, seen.of(valetkey.Replaced), srv.Refusals())
			}
			// The server may have accepted an AUTH whose answer a client that closed did not wait for.
			if missed := e.Reauths - s.Renewed; missed < 0 || missed > s.Dialed || s.Renewed < 14*s.Dialed || w.commands.Load() < 1000 {
				t.Errorf("%d renewals, of which the server saw %d, of %d connections", s.Renewed, e.Reauths, s.Dialed)
			}
			if src.count < 20 {
				t.Errorf("only %d tokens", src.count)
			}
			d.Close()
		})
	}
}

func runGoRedis(ctx context.Context, t *testing.T, d *valetkey.Dialer, addr string, w *tried) {
	goRedis(ctx, t, d, addr, 3, w)
}

func runGoRedis2(ctx context.Context, t *testing.T, d *valetkey.Dialer, addr string, w *tried) {
	goRedis(ctx, t, d, addr, 2, w)
}

// goRedis runs go-redis until ctx is over: single commands, pipelines, transactions, pub/sub and blocking reads.
func goRedis(ctx context.Context, t *testing.T, d *valetkey.Dialer, addr string, protocol int, w *tried) {
	c := redis.NewClient(&redis.Options{
		Addr: addr, Dialer: d.DialContext, Protocol: protocol, MaxRetries: -1, PoolSize: 20,
		ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer c.Close()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { goRedisCounter(ctx, c, i, w) })
	}
	wg.Go(func() { goRedisPipeline(ctx, c, w) })
	wg.Go(func() { goRedisWatch(ctx, c, w) })
	wg.Go(func() { goRedisPubSub(ctx, c, w) })
	wg.Go(func() { goRedisBlocking(ctx, c, time.Second, w) })
	wg.Wait()
}

func goRedisCounter(ctx context.Context, c *redis.Client, i int, w *tried) {
	key := "counter" + strconv.Itoa(i)
	for n := int64(1); ctx.Err() == nil; n++ {
		got, err := c.Incr(ctx, key).Result()
		if err == nil && got != n {
			err = fmt.Errorf("%s is %d, want %d", key, got, n)
		}
		w.check(ctx, err)
	}
}

func goRedisPipeline(ctx context.Context, c *redis.Client, w *tried) {
	for n := 0; ctx.Err() == nil; n++ {
		p := c.Pipeline()
		var echoes [20]*redis.StringCmd
		for i := range echoes {
			p.Set(ctx, "pipe"+strconv.Itoa(i), n, 0)
			echoes[i] = p.Get(ctx, "pipe"+strconv.Itoa(i))
		}
		_, err := p.Exec(ctx)
		for _, e := range echoes {
			if err == nil && e.Val() != strconv.Itoa(n) {
				err = fmt.Errorf("pipeline %d read %q", n, e.Val())
			}
		}
		w.check(ctx, err)
	}
}

// goRedisWatch increments a key by optimistic locking, alone, so that nothing conflicts.
func goRedisWatch(ctx context.Context, c *redis.Client, w *tried) {
	for n := 0; ctx.Err() == nil; n++ {
		w.check(ctx, c.Watch(ctx, func(tx *redis.Tx) error {
			got, err := tx.Get(ctx, "watched").Int()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			if got != n {
				return fmt.Errorf("watched is %d, want %d", got, n)
			}
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "watched", n+1, 0).Err() })
			return err
		}, "watched"))
	}
}

// goRedisPubSub publishes to a subscriber and misses no message.
func goRedisPubSub(ctx context.Context, c *redis.Client, w *tried) {
	sub := c.Subscribe(ctx, "news")
	defer sub.Close()
	_, err := sub.Receive(ctx)
	w.check(ctx, err)
	for n := 0; ctx.Err() == nil; n++ {
		w.check(ctx, c.Publish(ctx, "news", n).Err())
		m, err := sub.ReceiveMessage(ctx)
		if err == nil && m.Payload != strconv.Itoa(n) {
			err = fmt.Errorf("message %q, want %d", m.Payload, n)
		}
		w.check(ctx, err)
		pause(ctx, 20*time.Millisecond)
	}
}

// goRedisBlocking reads a list with BLPOP, which waits most of the time, for up to patience.
func goRedisBlocking(ctx context.Context, c *redis.Client, patience time.Duration, w *tried) {
	queue(ctx, w, func(n int) error { return c.RPush(ctx, "list", n).Err() },
		func() ([]string, error) { return c.BLPop(ctx, patience, "list").Result() })
}

// queue pushes numbers to a list every now and then, and pops them with a command that blocks most of the time.
func queue(ctx context.Context, w *tried, push func(n int) error, pop func() ([]string, error)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			pause(ctx, 400*time.Millisecond)
			w.check(ctx, push(n))
		}
	})
	for n := 0; ctx.Err() == nil; n++ {
		got, err := pop()
		if err == nil && got[1] != strconv.Itoa(n) {
			err = fmt.Errorf("popped %q, want %d", got[1], n)
		}
		w.check(ctx, err)
	}
}

// pause waits for d, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// runValkeyGo runs valkey-go until ctx is over: multiplexed commands and large values, a dedicated connection with transactions,
// pub/sub and blocking reads.
func runValkeyGo(ctx context.Context, t *testing.T, d *valetkey.Dialer, addr string, w *tried) {
	c, err := valkey.NewClient(valkey.ClientOption{InitAddress: []string{addr}, DialCtxFn: d.DialAddr, DisableRetry: true,
		ConnWriteTimeout: 20 * time.Second, ForceSingleClient: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() { valkeyGoCounter(ctx, c, i, w) })
	}
	wg.Go(func() { valkeyGoDedicated(ctx, c, w) })
	wg.Go(func() { valkeyGoPubSub(ctx, c, w) })
	wg.Go(func() { valkeyGoBlocking(ctx, c, time.Second, w) })
	wg.Wait()
}

func valkeyGoCounter(ctx context.Context, c valkey.Client, i int, w *tried) {
	key, value := "counter"+strconv.Itoa(i), valkey.BinaryString(make([]byte, 1+i*6000))
	for n := int64(1); ctx.Err() == nil; n++ {
		got, err := c.Do(ctx, c.B().Incr().Key(key).Build()).AsInt64()
		if err == nil && got != n {
			err = fmt.Errorf("%s is %d, want %d", key, got, n)
		}
		w.check(ctx, err)
		w.check(ctx, c.Do(ctx, c.B().Set().Key("value"+key).Value(value).Build()).Error())
		back, err := c.Do(ctx, c.B().Get().Key("value"+key).Build()).ToString()
		if err == nil && back != value {
			err = fmt.Errorf("%d bytes came back, want %d", len(back), len(value))
		}
		w.check(ctx, err)
	}
}

// valkeyGoDedicated holds a transaction open for a good part of a session, again and again. It ends each that it has begun: giving
// a connection back inside MULTI makes valkey-go panic.
func valkeyGoDedicated(ctx context.Context, c valkey.Client, w *tried) {
	dc, release := c.Dedicate()
	defer release()
	whole := context.WithoutCancel(ctx)
	for n := int64(1); ctx.Err() == nil; n++ {
		w.check(ctx, dc.Do(whole, dc.B().Multi().Build()).Error())
		w.check(ctx, dc.Do(whole, dc.B().Incr().Key("held").Build()).Error())
		pause(ctx, connSession/4)
		all, err := dc.Do(whole, dc.B().Exec().Build()).ToArray()
		if err == nil && len(all) != 1 {
			err = fmt.Errorf("EXEC answered %d elements, want 1", len(all))
		}
		if err == nil {
			got, _ := all[0].AsInt64()
			if got != n {
				err = fmt.Errorf("held is %d, want %d", got, n)
			}
		}
		w.check(ctx, err)
	}
}

func valkeyGoPubSub(ctx context.Context, c valkey.Client, w *tried) {
	got := make(chan string, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	dc, release := c.Dedicate()
	defer release()
	closed := dc.SetPubSubHooks(valkey.PubSubHooks{OnMessage: func(m valkey.PubSubMessage) { got <- m.Message }})
	w.check(ctx, dc.Do(ctx, dc.B().Subscribe().Channel("news").Build()).Error())
	for n := 0; ctx.Err() == nil; n++ {
		w.check(ctx, c.Do(ctx, c.B().Publish().Channel("news").Message(strconv.Itoa(n)).Build()).Error())
		select {
		case m := <-got:
			var err error
			if m != strconv.Itoa(n) {
				err = fmt.Errorf("message %q, want %d", m, n)
			}
			w.check(ctx, err)
		case err := <-closed:
			w.check(ctx, fmt.Errorf("the subscription ended: %w", err))
			return
		case <-ctx.Done():
		}
		pause(ctx, 20*time.Millisecond)
	}
}

func valkeyGoBlocking(ctx context.Context, c valkey.Client, patience time.Duration, w *tried) {
	queue(ctx, w, func(n int) error {
		return c.Do(ctx, c.B().Rpush().Key("list").Element(strconv.Itoa(n)).Build()).Error()
	}, func() ([]string, error) {
		return c.Do(ctx, c.B().Blpop().Key("list").Timeout(patience.Seconds()).Build()).AsStrSlice()
	})
}
