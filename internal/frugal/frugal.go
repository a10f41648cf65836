// Package frugal has a process that relays connections leave the machine to the programs that it serves.
package frugal

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// UseHalf has the process use half of the processors that it may, at least one. What a relay does is mostly in the system's network code, next
// to a client and sometimes a server that need processors too: with as many threads as they have, it spends more of them for
// the same work. The environment variable GOMAXPROCS, if set, says how many instead.
func UseHalf() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)/2))
	}
}

// many is after how many connections there is something to tidy up.
const many = 50

// Tidy gives back the memory that connections needed for being made, until ctx ends: once many have been made or ended and for a second or
// two none has been. Without it that memory stays for minutes, because a relay that goes on quietly allocates nothing, and is the larger
// part. count is how many connections have been made and ended, taken together, so far.
func Tidy(ctx context.Context, count func() int64) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	tidy(ctx, tick.C, count, debug.FreeOSMemory)
}

func tidy(ctx context.Context, tick <-chan time.Time, count func() int64, free func()) {
	done, last := count(), count()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		now := count()
		if now == last && now-done >= many {
			free()
			done = now
		}
		last = now
	}
}
