package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/valetkey/valetkey/test/e2e/farm"
)

// A workload is a way in which people use a client.
type workload struct {
	name     string
	run      func(context.Context, *scene)
	caching  bool
	outlasts bool // a command lasts longer than a session
}

func workloads() []*workload {
	return []*workload{
		{name: "plain", run: plain},
		{name: "pipeline", run: pipelines},
		{name: "MULTI/WATCH", run: transactions},
		{name: "pub/sub", run: subscription},
		{name: "blocking", run: func(ctx context.Context, s *scene) { blocking(ctx, s, s.session/4, s.session/8) }},
		{name: "caching", run: caching, caching: true},
		{name: "blocked for longer", run: func(ctx context.Context, s *scene) { blocking(ctx, s, 0, s.session*5/2) }, outlasts: true},
	}
}

// A scene is what a workload plays in. It lasts until ctx ends; what has begun by then is given time to end.
type scene struct {
	client  client
	farm    *farm.Farm
	session time.Duration
	prefix  string // of its keys
	book    *book
}

// patience bounds one command.
const patience = 20 * time.Second

// attempt runs one command, for which it has time even if the scene is over.
func attempt[T any](f func(context.Context) (T, error)) (v T, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f(ctx)
}

// plain increments keys from four goroutines, with some time in between.
func plain(ctx context.Context, s *scene) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			key, c := s.prefix+strconv.Itoa(i), counter{book: s.book}
			for ctx.Err() == nil {
				n, err := attempt(func(ctx context.Context) (int64, error) { return s.client.incr(ctx, key) })
				c.took(1, n, err)
				pause(ctx, s.session/80)
			}
		})
	}
	wg.Wait()
}

// pipelines increments twenty keys at once, in a cluster on all nodes, with little time in between.
func pipelines(ctx context.Context, s *scene) {
	keys, counters := make([]string, 20), make([]counter, 20)
	for i := range keys {
		keys[i], counters[i] = s.prefix+strconv.Itoa(i), counter{book: s.book}
	}
	for ctx.Err() == nil {
		var errs []error
		replies, err := attempt(func(ctx context.Context) (replies []int64, _ error) {
			replies, errs = s.client.pipeline(ctx, keys)
			return replies, nil
		})
		for i := range keys {
			switch {
			case err != nil:
				counters[i].took(1, 0, err)
			case i >= len(replies):
				counters[i].took(1, 0, errors.New("no reply"))
			default:
				counters[i].took(1, replies[i], errs[i])
			}
		}
		pause(ctx, s.session/50)
	}
}

// transactions increments two keys by optimistic locking, each from a goroutine of its own, so that nothing conflicts.
func transactions(ctx context.Context, s *scene) {
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			key, c := s.prefix+strconv.Itoa(i), counter{book: s.book}
			for ctx.Err() == nil {
				n, err := attempt(func(ctx context.Context) (int64, error) { return s.client.transact(ctx, key, s.session/10) })
				c.took(5, n, err)
			}
		})
	}
	wg.Wait()
}

// subscription publishes at the server itself and counts what arrives. Messages are sent once the subscription is there.
func subscription(ctx context.Context, s *scene) {
	subscribed, unsubscribe := context.WithCancel(context.Background())
	messages := sequence{book: s.book, seen: map[int]bool{}}
	there := make(chan struct{})
	var first sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		for subscribed.Err() == nil {
			err := s.client.subscribe(subscribed, s.prefix, func(m string) {
				first.Do(func() { close(there) })
				if n, err := strconv.Atoi(m); err == nil {
					messages.received(n)
				}
			})
			if subscribed.Err() == nil {
				s.book.sent(0, fmt.Errorf("subscription: %w", err))
				pause(subscribed, 10*time.Millisecond)
			}
		}
	})
	defer wg.Wait()
	defer unsubscribe()
	if !s.probe(there) {
		s.book.sent(0, errors.New("no subscription came about"))
		return
	}
	total := 0
	for ; ctx.Err() == nil; total++ {
		_, err := s.farm.Nodes[total%len(s.farm.Nodes)].Do("PUBLISH", s.prefix, strconv.Itoa(total))
		s.book.sent(1, err)
		pause(ctx, s.session/40)
	}
	s.awaitCount(&messages, total)
	messages.end(total)
}

// probe publishes until something arrives.
func (s *scene) probe(there <-chan struct{}) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		s.farm.Nodes[0].Do("PUBLISH", s.prefix, "probe")
		select {
		case <-there:
			return true
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// awaitCount gives the last messages time to arrive.
func (s *scene) awaitCount(m *sequence, total int) {
	for end := time.Now().Add(2 * time.Second); m.count() < total && time.Now().Before(end); {
		pause(context.Background(), 10*time.Millisecond)
	}
}

const last = "last"

// blocking reads a list whose elements come one by one, in time for the timeout or not.
func blocking(ctx context.Context, s *scene, timeout, every time.Duration) {
	elements, key, total := sequence{book: s.book, seen: map[int]bool{}}, s.prefix, 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for pause(ctx, every); ctx.Err() == nil; pause(ctx, every) {
			if _, err := s.farm.Do("RPUSH", key, strconv.Itoa(total)); err != nil {
				s.book.sent(0, err)
				continue
			}
			total++
		}
		s.farm.Do("RPUSH", key, last)
	})
	for got, end := "", (<-chan time.Time)(nil); got != last; {
		var err error
		got, err = attempt(func(ctx context.Context) (string, error) { return s.client.pop(ctx, key, timeout) })
		s.book.sent(1, err)
		if n, err := strconv.Atoi(got); err == nil {
			elements.received(n)
		}
		if err != nil {
			pause(context.Background(), 10*time.Millisecond)
		}
		if ctx.Err() != nil && end == nil {
			end = time.After(patience)
		}
		select {
		case <-end:
			got = last // it will not come any more
		default:
		}
	}
	wg.Wait()
	elements.end(total)
}

// caching changes a key at the server itself and reads it by way of the client's cache until it has the change. Nothing but the server's
// invalidation takes the old value out of the cache.
func caching(ctx context.Context, s *scene) {
	for n := 1; ctx.Err() == nil; n++ {
		want := strconv.Itoa(n)
		if _, err := s.farm.Do("SET", s.prefix, want); err != nil {
			s.book.sent(0, err)
			continue
		}
		fresh := false
		for end := time.Now().Add(s.session); !fresh && time.Now().Before(end); pause(ctx, s.session/100) {
			got, err := attempt(func(ctx context.Context) (string, error) { return s.client.cached(ctx, s.prefix) })
			s.book.sent(1, err)
			fresh = got == want
		}
		if !fresh {
			s.book.wrong(1, 0)
		}
		s.reread(ctx, want)
	}
	if c, ok := s.client.(interface{ unused(context.Context) error }); ok {
		s.book.sent(0, c.unused(context.Background()))
	}
}

// reread reads what is in the cache now.
func (s *scene) reread(ctx context.Context, want string) {
	for range 4 {
		got, err := attempt(func(ctx context.Context) (string, error) { return s.client.cached(ctx, s.prefix) })
		s.book.sent(1, err)
		if err == nil && got != want {
			s.book.wrong(1, 0)
		}
		pause(ctx, s.session/100)
	}
}
