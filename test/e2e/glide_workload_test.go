//go:build cgo

package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// A workload counts what it sent and what went wrong.
type workload struct {
	untilError bool // each worker stops at its first error
	commands   int64
	errors     []error
}

// run has workers increment a counter each, a hundred times a second, until ctx ends. The server's counters prove that no command was lost
// and none was carried out twice.
func (w *workload) run(ctx context.Context, t *testing.T, client glideClient) {
	const workers = 4
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range workers {
		key := fmt.Sprintf("counter:%s:%d", t.Name(), i)
		wg.Go(func() {
			n, errs := w.count(ctx, client, key)
			mu.Lock()
			defer mu.Unlock()
			w.commands += n
			w.errors = append(w.errors, errs...)
		})
	}
	wg.Wait()
}

func (w *workload) count(ctx context.Context, client glideClient, key string) (n int64, errs []error) {
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return n, errs
		case <-pace.C:
		}
		if w.untilError && len(errs) > 0 {
			return n, errs
		}
		n++
		// Not with ctx: a command given up at the end would look like one that failed.
		switch got, err := client.Incr(context.Background(), key); {
		case err != nil:
			errs = append(errs, err)
		case got != n:
			errs = append(errs, fmt.Errorf("%s is %d after %d commands", key, got, n))
			n = got
		}
	}
}

// lasting is the length of a test's workload.
func lasting(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// answers reports whether the client answers a Ping.
func answers(t *testing.T, client glideClient) bool {
	t.Helper()
	_, err := client.Ping(t.Context())
	return err == nil
}

// eventually asks until it is so, at most for the given time.
func eventually(t *testing.T, within time.Duration, so func() bool) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			return false
		case <-again.C:
		}
	}
	return true
}

// pastTime returns when that time has passed.
func pastTime(t *testing.T, until time.Time) {
	t.Helper()
	if !eventually(t, time.Until(until)+10*time.Second, func() bool { return time.Now().After(until) }) {
		t.Fatal("the clock stands still")
	}
}
