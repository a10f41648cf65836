package proxy

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valetkey/valetkey"
)

// Stats are the counts of a [Server] since it was made.
type Stats struct {
	// Open is how many clients there are now, Accepted how many there have been.
	Open, Accepted int64
	// Ended counts connections that have ended, by reason.
	Ended map[Reason]int64
	// LoginsRefused counts logins of clients that have been refused here before anything went upstream.
	LoginsRefused int64
	// BytesUp and BytesDown count what clients have sent and got.
	BytesUp, BytesDown int64
	// Rested counts how often a connection gave memory back because nothing went by on it for some seconds.
	Rested int64
	// Deferred and Replaced count events of the Dialer by their Reason.
	Deferred, Replaced map[string]int64
	// NotDialed and NotRenewed count the attempts that failed, by the reason of the error in one word.
	NotDialed, NotRenewed map[string]int64
	// Upstream are the counts of the Dialer.
	Upstream valetkey.Stats
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.prepare() // an error is Serve's to return
	f := &s.facts
	f.mu.Lock()
	defer f.mu.Unlock()
	return Stats{
		Open: f.opened - f.done, Accepted: f.opened, Ended: maps.Clone(f.reasons), LoginsRefused: f.logins,
		BytesUp: f.up.Load(), BytesDown: f.down.Load(), Rested: f.rested.Load(),
		Deferred: maps.Clone(f.deferred), Replaced: maps.Clone(f.replaced),
		NotDialed: maps.Clone(f.undialed), NotRenewed: maps.Clone(f.unrenewed),
		Upstream: s.upstreamStats(),
	}
}

// facts are what is known without asking anybody.
type facts struct {
	failed   chan struct{} // the cache could not be reached
	up, down atomic.Int64
	rested   atomic.Int64

	mu                    sync.Mutex
	opened, done, logins  int64
	reasons               map[Reason]int64
	deferred, replaced    map[string]int64
	undialed, unrenewed   map[string]int64
	idleSince             time.Time
	lastAuth, lastFailure time.Time
	trouble               error // the last failure, if no success came behind it
	logged                map[string]logLine
}

// note counts an event. That one node of a cluster is away is no trouble.
func (f *facts) note(e valetkey.Event, away bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e.Kind {
	case valetkey.Dialed, valetkey.Renewed:
		f.lastAuth, f.trouble = time.Now(), nil
	case valetkey.Failed:
		if !away {
			f.lastFailure, f.trouble = time.Now(), e.Err
		}
		if e.Age > 0 {
			increase(&f.unrenewed, reasonOf(e.Err))
		} else {
			increase(&f.undialed, reasonOf(e.Err))
		}
		f.tellFailure()
	case valetkey.Deferred:
		increase(&f.deferred, e.Reason)
	case valetkey.Replaced:
		increase(&f.replaced, e.Reason)
	}
}

// tellFailure has the cache tried again.
func (f *facts) tellFailure() {
	select {
	case f.failed <- struct{}{}:
	default:
	}
}

func (f *facts) accepted() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
}

func (f *facts) ended(r Reason) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idleSince = time.Now()
	f.done++
	increase(&f.reasons, r)
}

func (f *facts) refused(string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins++
}

func increase[K comparable](counts *map[K]int64, key K) {
	if *counts == nil {
		*counts = make(map[K]int64)
	}
	(*counts)[key]++
}
