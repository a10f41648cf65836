package demo

import (
	"sync"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

// A ledger keeps what the server sees: which tokens it was shown, and for how long connections live.
type ledger struct {
	mu       sync.Mutex
	born     map[uint64]time.Time // when the open connections first authenticated, by number
	outlived int64                // session limits that closed connections have lived through
	tokens   int64
	expires  time.Time // of the newest token
}

// A page is the ledger at one time.
type page struct {
	tokens, outlived int64
	tokenAge         time.Duration
}

func newLedger() *ledger { return &ledger{born: make(map[uint64]time.Time)} }

// record takes in an event of the server.
func (l *ledger) record(e emulator.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Kind {
	case emulator.Authenticated:
		if _, known := l.born[e.Conn]; !known { // RESET makes a connection authenticate for the first time once more
			l.born[e.Conn] = e.Time
		}
	case emulator.Closed:
		if born, known := l.born[e.Conn]; known {
			l.outlived += sessions(e.Time.Sub(born))
			delete(l.born, e.Conn)
		}
	}
	if e.TokenExpires.After(l.expires) { // tokens signed in the same second are the same token
		l.expires = e.TokenExpires
		l.tokens++
	}
}

// read returns the counts at now. A connection outlives a session each time that its age passes another SessionLimit: that is
// how often somebody who does not renew is cut.
func (l *ledger) read(now time.Time) page {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := page{tokens: l.tokens, outlived: l.outlived}
	for _, born := range l.born {
		p.outlived += sessions(now.Sub(born))
	}
	if l.tokens > 0 {
		p.tokenAge = now.Sub(l.expires.Add(-TokenLife))
	}
	return p
}

func sessions(age time.Duration) int64 { return int64(age / SessionLimit) }
