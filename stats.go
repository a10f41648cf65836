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
	// LastToken is when the Source last handed out a token, and TokenExpires when that one ends; zero if there was none yet or
	// it is not known.
	LastToken, TokenExpires time.Time
}

// A tally counts events.
type tally struct {
	token atomic.Pointer[tokenNote]

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

// A tokenNote is when a token was handed out, and when it ends.
type tokenNote struct{ at, expires time.Time }

func (t *tally) noteToken(token Token) {
	t.token.Store(&tokenNote{at: time.Now().Round(0), expires: token.Expires()})
}

func (t *tally) stats() Stats {
	var token tokenNote
	if last := t.token.Load(); last != nil {
		token = *last
	}
	return Stats{
		LastToken: token.at, TokenExpires: token.expires,
		Dialed: t.dialed.Load(), Renewed: t.renewed.Load(), Deferred: t.deferred.Load(),
		Failed: t.failed.Load(), Replaced: t.replaced.Load(), Cut: t.cut.Load(),
	}
}
