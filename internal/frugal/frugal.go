// Package frugal has a process that relays connections leave memory to the programs that it serves.
package frugal

import (
	"context"
	"runtime/debug"
	"time"
)

const (
	many  = 50 // after so many changes there is something to tidy up
	quiet = 3  // when there has been none for so many seconds
)

// Tidy gives memory back to the system, until ctx ends: what connections needed for being made, and what they have let go. Without it that memory
// stays for minutes, because a relay that goes on quietly allocates nothing, and is the larger part. changes is how many connections
// have been made, have ended and have let go of something, taken together, so far.
func Tidy(ctx context.Context, changes func() int64) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	tidy(ctx, tick.C, changes, debug.FreeOSMemory)
}

func tidy(ctx context.Context, tick <-chan time.Time, changes func() int64, free func()) {
	done := changes()
	last, since := done, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		now := changes()
		if since++; now != last {
			last, since = now, 0
		}
		if since >= quiet && now-done >= many {
			free()
			done = now
		}
	}
}
