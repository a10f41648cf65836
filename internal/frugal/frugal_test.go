package frugal

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after many connections, when no more are being made.
func TestTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count int64
		freed := 0
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go tidy(ctx, time.NewTicker(time.Second).C, func() int64 { return count }, func() { freed++ })
		for _, step := range []struct {
			add  int64
			want int
		}{
			{0, 0}, {many, 0}, {0, 0}, {0, 0}, {1, 0}, {0, 0}, {0, 0}, {0, 1}, {0, 1}, // not while they come, and once
			{many - 1, 1}, {0, 1}, {0, 1}, {0, 1}, {1, 1}, {0, 1}, {0, 1}, {0, 2}, // few are not worth it, until they are many
		} {
			synctest.Wait()
			count += step.add
			time.Sleep(time.Second + time.Millisecond)
			synctest.Wait()
			if freed != step.want {
				t.Fatalf("freed %d times after %d connections, want %d", freed, count, step.want)
			}
		}
	})
}
