package glide

import "time"

// Stats is what a keeper has done, and how its client is.
type Stats struct {
	// Lazy and Immediate count the updates the client took.
	Lazy, Immediate uint64
	// Errors counts the updates that failed. LastError is the last of them, and stays after a later success; LastErrorAt is its time.
	Errors      uint64
	LastError   error
	LastErrorAt time.Time
	// Expires is when the token ends that the client has for its next reconnection. Zero before the first update.
	Expires time.Time
	// LastUpdate is the time of the last update the client took, and LastImmediate that of the last immediate one.
	LastUpdate, LastImmediate time.Time
	// SilentSince is when Ping began to fail, and zero while it works.
	SilentSince time.Time
	// Stuck is the state told to [Options.OnStuck]. It ends when Ping works again.
	Stuck bool
}

// Stats returns a copy.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

func (k *Keeper) count(change func(*Stats)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(&k.stats)
}

func (s *Stats) updated(immediate bool, expires time.Time) {
	s.LastUpdate, s.Expires = now(), expires
	if !immediate {
		s.Lazy++
		return
	}
	s.Immediate++
	s.LastImmediate = s.LastUpdate
}
