package frugal

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after many connections, when no more are being made.
func TestTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count, freed atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go tidy(ctx, time.NewTicker(time.Second).C, count.Load, func() { freed.Add(1) })
		for _, step := range []struct {
			add, want int64
		}{
			{0, 0}, {many, 0}, {0, 0}, {0, 0}, {1, 0}, {0, 0}, {0, 0}, {0, 1}, {0, 1}, // not while they come, and once
			{many - 1, 1}, {0, 1}, {0, 1}, {0, 1}, {1, 1}, {0, 1}, {0, 1}, {0, 2}, // few are not worth it, until they are many
		} {
			synctest.Wait()
			count.Add(step.add)
			time.Sleep(time.Second + time.Millisecond)
			synctest.Wait()
			if got := freed.Load(); got != step.want {
				t.Fatalf("freed %d times after %d connections, want %d", got, count.Load(), step.want)
			}
		}
	})
}
