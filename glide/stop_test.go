package glide

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestStopEndsTheUseOfTheClient(t *testing.T) {
	client := &script{}
	keeping(t, client, &mint{}, Options{}, func(t *testing.T, k *Keeper) {
		pass(time.Hour)
		k.Stop()
		k.Stop()
		pushes, pings := len(client.seen()), client.pings()
		pass(24 * time.Hour)
		if len(client.seen()) != pushes || client.pings() != pings {
			t.Error("the client was used after Stop")
		}
		if err := k.Renew(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("Renew after Stop: %v, want %v", err, ErrStopped)
		}
	})
}

func TestStopGivesUpAnUpdateUnderWay(t *testing.T) {
	client := &script{update: func(ctx context.Context, _ int, _ bool) error { <-ctx.Done(); return ctx.Err() }}
	told := 0
	keeping(t, client, &mint{}, Options{OnError: func(error) { told++ }}, func(t *testing.T, k *Keeper) {
		synctest.Wait()
		start := time.Now()
		k.Stop()
		if len(client.seen()) != 1 || time.Since(start) != 0 {
			t.Errorf("Stop took %v with %d updates under way, want it at once with one", time.Since(start), len(client.seen()))
		}
		if s := k.Stats(); s.Errors != 0 || told != 0 {
			t.Errorf("%d errors, %d told: being stopped is none", s.Errors, told)
		}
	})
}

func TestContextEndsTheKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := Keep(ctx, &script{}, &mint{}, Options{})
		pass(time.Minute)
		cancel()
		<-k.done
		k.Stop()
	})
}

func TestRenewAuthenticatesNow(t *testing.T) {
	client := &script{}
	keeping(t, client, &mint{}, Options{}, func(t *testing.T, k *Keeper) {
		pass(time.Hour)
		if err := k.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		seen := client.seen()
		if last := seen[len(seen)-1]; !last.immediate || !last.at.Equal(time.Now()) {
			t.Errorf("last push %+v, want an immediate one now", last)
		}
		renewed := time.Now()
		pass(7 * time.Hour)
		within(t, "next immediate update", k.Stats().LastImmediate.Sub(renewed), 324*time.Minute, 396*time.Minute)
	})
}

func TestRenewHonoursItsContext(t *testing.T) {
	client := &script{update: func(ctx context.Context, _ int, _ bool) error { <-ctx.Done(); return ctx.Err() }}
	keeping(t, client, &mint{}, Options{}, func(t *testing.T, k *Keeper) {
		synctest.Wait() // the keeper hangs in its first update
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := k.Renew(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Renew: %v, want its deadline", err)
		}
	})
}
