package glide

import "time"

// stuckAfter is how many Pings in a row must have failed before a client can be called stuck: one may have met a busy server.
const stuckAfter = 3

// A watch tells from Ping whether the client is stuck on a stale token.
//
// The token that counts is the one the client had when it lost its connection, for its reconnect loop knows no later one. That moment is
// not visible; it lies after the last Ping that was answered, so the watch takes the token of then.
type watch struct {
	held     time.Time // expiry of the token stored when Ping last worked
	since    time.Time // first failure after that, zero if none
	failures int
	reported bool
}

// begin notes when the first token ends that was stored, at a time when the client has most likely just connected.
func (w *watch) begin(held time.Time) {
	if w.failures == 0 {
		w.held = held
	}
}

// answered notes a Ping that worked while the client had a token good until held.
func (w *watch) answered(held time.Time) { *w = watch{held: held} }

// failed notes a Ping that failed, and reports whether this is the moment to say that the client is stuck. A client whose replies are mixed
// up is stuck at once.
func (w *watch) failed(at time.Time, mixedUp bool) bool {
	if w.failures == 0 {
		w.since = at
	}
	w.failures++
	stale := w.failures >= stuckAfter && !at.Before(w.held)
	if w.reported || !stale && !mixedUp {
		return false
	}
	w.reported = true
	return true
}
