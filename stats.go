package valetkey

import (
	"sync/atomic"
	"time"
)

// Stats are the counts of a [Dialer] since it was made.
type Stats struct {
	// Open is how many connections there are now.
	Open int
	// Dialed, Renewed, Deferred, Failed, Replaced and Cut count the events of those kinds.
	Dialed, Renewed, Deferred, Failed, Replaced, Cut int64
	// OldestAuth is the longest time since an open connection was last authenticated.
	OldestAuth time.Duration
}

// A tally counts events.
type tally struct {
	dialed, renewed, deferred, failed, replaced, cut atomic.Int64
}

func (t *tally) count(k EventKind) {
	switch k {
	case Dialed:
		t.dialed.Add(1)
	case Renewed:
		t.renewed.Add(1)
	case Deferred:
		t.deferred.Add(1)
	case Failed:
		t.failed.Add(1)
	case Replaced:
		t.replaced.Add(1)
	case Cut:
		t.cut.Add(1)
	}
}

func (t *tally) stats() Stats {
	return Stats{
		Dialed: t.dialed.Load(), Renewed: t.renewed.Load(), Deferred: t.deferred.Load(),
		Failed: t.failed.Load(), Replaced: t.replaced.Load(), Cut: t.cut.Load(),
	}
}
