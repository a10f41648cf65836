package valetkey

import (
	"sync"
	"sync/atomic"
)

// A baton is held by one at a time. Taking it costs one atomic operation while nobody waits, and an idle one has no channel. The
// zero baton is free.
type baton struct {
	taken   atomic.Bool
	waiters atomic.Int32
	mu      sync.Mutex
	news    chan struct{} // closed when those who wait are to look again; nil while none has asked
}

// try takes the baton if it is free.
func (b *baton) try() bool { return b.taken.CompareAndSwap(false, true) }

// tryLast is try for one who goes behind all who wait.
func (b *baton) tryLast() bool { return b.waiters.Load() == 0 && b.try() }

// freeFor reports whether the baton is free and no more than n wait for it: if more do, another of them takes it or leaves.
func (b *baton) freeFor(n int32) bool { return b.waiters.Load() <= n && !b.taken.Load() }

// release gives it back.
func (b *baton) release() {
	b.taken.Store(false)
	b.nudge()
}

// nudge has all who wait look again.
func (b *baton) nudge() {
	if b.waiters.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.news != nil {
		close(b.news)
		b.news = nil
	}
}

// wait returns a channel that is closed at the next release or nudge. Whoever waits looks once more before receiving from it,
// since a release that saw no waiter may have come first, and calls leave afterwards.
func (b *baton) wait() <-chan struct{} {
	b.waiters.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.news == nil {
		b.news = make(chan struct{})
	}
	return b.news
}

// leave ends a wait. One who went behind this waiter may take its turn now.
func (b *baton) leave() {
	if b.waiters.Add(-1) > 0 {
		b.nudge()
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiters.Load() == 0 { // an idle connection is to keep no channel
		b.news = nil
	}
}
