package demo

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	patience = 2 * time.Second // of a receiver, before it looks whether there is anything to wait for
	last     = "last"          // ends a stream
)

// errNothing says that nothing has come within patience.
var errNothing = errors.New("nothing has come")

// A stream is numbers on their way from a sender to a receiver, and a last word when the sender is done.
type stream struct {
	name    string
	every   time.Duration
	send    func(ctx context.Context, text string) error
	receive func(ctx context.Context) (string, error)
}

// published is a stream over a channel with one subscriber.
func (w *workload) published(channel string, sub *redis.PubSub, every time.Duration) stream {
	return stream{channel, every,
		func(ctx context.Context, text string) error { return w.client.Publish(ctx, channel, text).Err() },
		func(ctx context.Context) (string, error) {
			got, err := sub.ReceiveTimeout(ctx, patience)
			if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
				return "", errNothing
			}
			m, ok := got.(*redis.Message)
			if err == nil && !ok {
				return "", errNothing // a confirmation
			}
			if err != nil {
				return "", err
			}
			return m.Payload, nil
		},
	}
}

// queue is a stream through a list, whose reader blocks.
func (w *workload) queue(key string) stream {
	return stream{key, jobPace,
		func(ctx context.Context, text string) error { return w.client.RPush(ctx, key, text).Err() },
		func(ctx context.Context) (string, error) {
			got, err := w.client.BLPop(ctx, patience, key).Result()
			w.tally.add(1, nil)
			if errors.Is(err, redis.Nil) {
				return "", errNothing
			}
			if err != nil {
				return "", err
			}
			return got[1], nil
		},
	}
}

// follow sends until ctx ends and misses nothing at the other end.
func (w *workload) follow(ctx context.Context, s stream) {
	var sent atomic.Int64
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		w.repeat(ctx, s.every, func(ctx context.Context, n int) (int, error) {
			sent.Store(int64(n) + 1)
			return 1, s.send(ctx, strconv.Itoa(n))
		})
		w.tally.add(1, s.send(context.WithoutCancel(ctx), last))
	})
	r := receiver{stream: s, tally: &w.tally}
	r.run(context.WithoutCancel(ctx), done)
	wg.Wait()
	w.tally.add(0, gap(s.name, sent.Load()-r.next))
}

// A receiver takes the numbers of a stream and notices those that are missing.
type receiver struct {
	stream
	tally *tally
	next  int64
}

// run receives until the last word, or until nothing comes any more after the sender is done.
func (r *receiver) run(ctx context.Context, done <-chan struct{}) {
	for {
		over := closed(done) // what has been sent by now must come
		text, err := r.receive(ctx)
		switch {
		case err == nil && text == last, err != nil && over:
			return
		case err == nil:
			r.take(text)
		case !errors.Is(err, errNothing):
			r.tally.add(0, err)
			pause(ctx, pace)
		}
	}
}

func (r *receiver) take(text string) {
	got, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.tally.add(0, err)
		return
	}
	r.tally.add(0, gap(r.name, got-r.next))
	r.next = got + 1
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
