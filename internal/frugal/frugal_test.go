package frugal

import (
	"context"
	"runtime"
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

func TestUseHalf(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, tt := range []struct {
		env        string
		has, wants int
	}{{"", 1, 1}, {"", 2, 1}, {"", 8, 4}, {"", 5, 2}, {"8", 8, 8}} {
		t.Setenv("GOMAXPROCS", tt.env)
		runtime.GOMAXPROCS(tt.has)
		UseHalf()
		if got := runtime.GOMAXPROCS(0); got != tt.wants {
			t.Errorf("of %d processors with GOMAXPROCS=%q it uses %d, want %d", tt.has, tt.env, got, tt.wants)
		}
	}
}
