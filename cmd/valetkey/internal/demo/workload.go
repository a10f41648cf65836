package demo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	pace     = 5 * time.Millisecond   // between the steps of one worker
	newsPace = 20 * time.Millisecond  // between published messages
	jobPace  = 700 * time.Millisecond // between the elements that a blocked reader waits for
	pipeline = 20                     // pairs of commands in a pipeline
)

// A workload is what an application does with a cache. Each reply is checked.
type workload struct {
	client        *redis.Client
	tally         tally
	news, parting *redis.PubSub // a busy subscriber, and one that hears nothing until the end
}

// newWorkload subscribes. What goes wrong with that is counted like everything else.
func newWorkload(c *redis.Client) *workload {
	ctx := context.Background() // each command has its timeout
	w := &workload{client: c, news: c.Subscribe(ctx, "news"), parting: c.Subscribe(ctx, "parting")}
	for _, sub := range []*redis.PubSub{w.news, w.parting} {
		_, err := sub.Receive(ctx)
		w.tally.add(1, err)
	}
	return w
}

// close ends the subscriptions. It is not part of run, because a connection that is closed may be renewing just then.
func (w *workload) close() {
	_ = w.news.Close()
	_ = w.parting.Close()
}

// run works until ctx ends, and then finishes what it has begun.
func (w *workload) run(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() { w.repeat(ctx, pace, w.counter("counter"+strconv.Itoa(i))) })
	}
	wg.Go(func() { w.repeat(ctx, pace, w.setGet) })
	wg.Go(func() { w.repeat(ctx, pace, w.pipeline) })
	wg.Go(func() { w.repeat(ctx, pace, w.transaction()) })
	wg.Go(func() { w.follow(ctx, w.published("news", w.news, newsPace)) })
	wg.Go(func() { w.follow(ctx, w.published("parting", w.parting, time.Hour)) })
	wg.Go(func() { w.follow(ctx, w.queue("jobs")) })
	wg.Wait()
}

// A step is a few commands. It returns how many and what was wrong with their replies.
type step func(ctx context.Context, n int) (commands int, err error)

// repeat takes a step again and again until ctx ends. The commands of the last step are carried to their end.
func (w *workload) repeat(ctx context.Context, every time.Duration, do step) {
	lasting := context.WithoutCancel(ctx)
	for n := 0; ctx.Err() == nil; n++ {
		w.tally.add(do(lasting, n))
		pause(ctx, every)
	}
}

// counter increments a key that nobody else does.
func (w *workload) counter(key string) step {
	want := int64(1)
	return func(ctx context.Context, _ int) (int, error) {
		got, err := w.client.Incr(ctx, key).Result()
		if err == nil {
			err = gap(key, want-got)
			want = got + 1
		}
		return 1, err
	}
}

// gap is the error of so many messages or increments that are missing; a negative number means that there are too many.
func gap(of string, missing int64) error {
	switch {
	case missing > 0:
		return lost(missing)
	case missing < 0:
		return fmt.Errorf("%s: %d more than expected", of, -missing)
	}
	return nil
}

func (w *workload) setGet(ctx context.Context, n int) (int, error) {
	want := strconv.Itoa(n)
	if err := w.client.Set(ctx, "value", want, 0).Err(); err != nil {
		return 1, err
	}
	got, err := w.client.Get(ctx, "value").Result()
	if err == nil && got != want {
		err = fmt.Errorf("value is %q, want %q", got, want)
	}
	return 2, err
}

func (w *workload) pipeline(ctx context.Context, n int) (int, error) {
	p, want := w.client.Pipeline(), strconv.Itoa(n)
	var gets [pipeline]*redis.StringCmd
	for i := range gets {
		key := "pipe" + strconv.Itoa(i)
		p.Set(ctx, key, want, 0)
		gets[i] = p.Get(ctx, key)
	}
	_, err := p.Exec(ctx)
	for _, g := range gets {
		if err == nil && g.Val() != want {
			err = fmt.Errorf("a pipeline read %q, want %q", g.Val(), want)
		}
	}
	return 2 * pipeline, err
}

// transaction increments a key by optimistic locking: WATCH, GET, MULTI, SET, EXEC.
func (w *workload) transaction() step {
	want := int64(0)
	return func(ctx context.Context, _ int) (int, error) {
		err := w.client.Watch(ctx, func(tx *redis.Tx) error {
			got, err := tx.Get(ctx, "watched").Int64()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			wrong := gap("watched", want-got)
			want = got + 1
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "watched", got+1, 0).Err() })
			return errors.Join(wrong, err)
		}, "watched")
		return 5, err
	}
}

// pause waits, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
