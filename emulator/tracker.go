package emulator

import (
	"strings"
	"sync"
)

// A tracker counts the replies that the backend still owes to one client, and follows as much of the connection's state as
// the count depends on: protocol, transaction, subscriptions, MONITOR and CLIENT REPLY. The emulator's own replies wait until
// nothing is owed, which is also when this state is exact; that is the order in which one server would have answered.
//
// One goroutine reports what was sent, another what came back.
type tracker struct {
	mu      sync.Mutex
	changed *sync.Cond
	owed    []owed
	dead    bool

	resp3    bool
	multi    bool
	executed bool // the last EXEC carried the transaction out
	queued   bool // a subscribing command was sent and may be waiting in the transaction
	monitor  bool
	channels int64
	patterns int64
	shards   int64
	muted    bool // CLIENT REPLY OFF
	skip     bool // CLIENT REPLY SKIP, until the next command; the backend is told only if it gets that command
}

// owed is what the backend will answer with to one command, or to n plain ones.
type owed struct {
	kind owedKind
	n    int    // plain: how many replies; subscribing: how many confirmations
	verb string // subscribing: the confirmations' name
	with []byte // replaced: what the client gets instead
}

type owedKind byte

const (
	plain         owedKind = iota
	subscribing            // n confirmations, or one error, or +QUEUED
	unsubscribing          // as subscribing, but for all: as many as there are subscriptions, at least one
	opening                // MULTI
	executing              // EXEC
	discarding             // DISCARD
	monitoring             // MONITOR
	switching2             // HELLO 2
	switching3             // HELLO 3
	replaced               // anything; the client gets something else
)

func newTracker() *tracker {
	t := &tracker{}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// sent notes a command, before it is written to the backend. name is in upper case. It reports whether the backend has to be
// told with CLIENT REPLY SKIP not to answer.
func (t *tracker) sent(name string, argc int) (skip bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := expected(name, argc)
	t.queued = t.queued || o.verb != ""
	return t.sentLocked(o)
}

func (t *tracker) sentLocked(o owed) (skip bool) {
	skip = t.skip
	if t.silentLocked() {
		t.assume(o)
		return skip
	}
	t.push(o)
	return false
}

func expected(name string, argc int) owed {
	switch name {
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE":
		if argc > 1 {
			return owed{kind: subscribing, n: argc - 1, verb: strings.ToLower(name)}
		}
	case "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE":
		if argc > 1 {
			return owed{kind: subscribing, n: argc - 1, verb: strings.ToLower(name)}
		}
		return owed{kind: unsubscribing, verb: strings.ToLower(name)}
	case "MULTI":
		return owed{kind: opening, n: 1}
	case "EXEC":
		return owed{kind: executing, n: 1}
	case "DISCARD":
		return owed{kind: discarding, n: 1}
	case "MONITOR":
		return owed{kind: monitoring, n: 1}
	}
	return owed{kind: plain, n: 1}
}

// sentHello notes HELLO with that protocol version, like sent.
func (t *tracker) sentHello(version int) (skip bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sentLocked(owed{kind: switching2 + owedKind(version-2), n: 1})
}

// sentInstead notes a command of the emulator's own, whose reply the client never sees: it gets with in its place.
func (t *tracker) sentInstead(with []byte) (skip bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sentLocked(owed{kind: replaced, n: 1, with: with})
}

func (t *tracker) push(o owed) {
	if last := len(t.owed) - 1; last >= 0 && o.kind == plain && t.owed[last].kind == plain {
		t.owed[last].n++
		return
	}
	t.owed = append(t.owed, o)
}

// assume applies a command that will have no reply to tell what became of it.
func (t *tracker) assume(o owed) {
	switch o.kind {
	case opening:
		t.multi = true
	case executing, discarding:
		t.multi, t.executed = false, false
	case switching2, switching3:
		t.resp3 = o.kind == switching3
	case monitoring:
		t.monitor = t.monitor || !t.multi
	case subscribing:
		if !t.resp3 && !t.multi { // RESP3's pushes come all the same; RESP2's confirmations do not
			t.assumeSubscribed(o)
		}
	}
}

// assumeSubscribed counts subscriptions whose confirmations the client has declined. Subscribing twice to one channel makes
// it count too many, until the next confirmation sets that right.
func (t *tracker) assumeSubscribed(o owed) {
	switch o.verb {
	case "subscribe":
		t.channels += int64(o.n)
	case "psubscribe":
		t.patterns += int64(o.n)
	case "ssubscribe":
		t.shards += int64(o.n)
	}
}

// substitute returns what the client gets in place of the frame at the head of p, if it does not get the frame.
func (t *tracker) substitute(p []byte) (with []byte, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.outOfBand(p[0], p[1:]) || len(t.owed) == 0 || t.owed[0].kind != replaced {
		return nil, false
	}
	return t.owed[0].with, true
}

// got notes a whole frame that came back, after it was passed on: its type, its first scalar and its last integer.
func (t *tracker) got(kind byte, head []byte, last int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.confirmed(kind, string(head), last) || t.outOfBand(kind, head) || len(t.owed) == 0 {
		return
	}
	t.answered(t.owed[0].kind, kind, string(head), last)
	t.settled(1)
}

// settled takes n off what is owed first, all of it if it is no longer a matter of counting.
func (t *tracker) settled(n int) {
	first := &t.owed[0]
	if first.kind == plain || n < first.n && first.kind == subscribing {
		first.n -= n
	} else {
		first.n = 0
	}
	if first.n > 0 {
		return
	}
	t.owed = t.owed[1:]
	if len(t.owed) == 0 {
		t.owed = nil
		t.changed.Broadcast()
	}
}

// answered draws the conclusions from the ordinary reply to a command.
func (t *tracker) answered(what owedKind, kind byte, head string, last int64) {
	switch {
	case what == opening && kind == '+':
		t.multi, t.queued = true, false
	case what == executing && ended(kind, head, "EXECABORT", "ERR EXEC without"):
		t.executed = kind == '*'
		if t.queued && kind == '*' {
			t.channels = max(t.channels, last)
		}
		t.multi, t.queued = false, false
	case what == discarding && ended(kind, head, "ERR DISCARD without"):
		t.multi, t.queued = false, false
	case what == monitoring && kind == '+' && head != "QUEUED":
		t.monitor = true
	case what == switching2 && kind != '-':
		t.resp3 = false
	case what == switching3 && kind != '-':
		t.resp3 = true
	case what == subscribing || what == unsubscribing:
		t.owed[0].n = 1 // an error or +QUEUED stands for all confirmations
		t.owed[0].kind = plain
	}
}

// ended reports whether the reply to EXEC or DISCARD says that there is no transaction any more.
func ended(kind byte, head string, errors ...string) bool {
	if kind != '-' {
		return true
	}
	for _, prefix := range errors {
		if strings.HasPrefix(head, prefix) {
			return true
		}
	}
	return false
}

// confirmed takes a frame that confirms a subscription. Under RESP3 these are pushes, under RESP2 arrays that cannot be told
// from other arrays but by being owed.
func (t *tracker) confirmed(kind byte, verb string, count int64) bool {
	owing := len(t.owed) > 0 && t.owed[0].verb == verb
	if kind != '>' && !(kind == '*' && owing) {
		return false
	}
	before := t.confirm(verb, count)
	if before < 0 {
		return false
	}
	if owing {
		if t.owed[0].kind == unsubscribing {
			t.owed[0].kind, t.owed[0].n = subscribing, int(max(before, 1))
		}
		t.settled(1)
	}
	return true
}

// confirm keeps the number of subscriptions, and returns the number before or -1 if verb is none of subscribing.
// Channels and patterns are confirmed with their sum, shard channels with a count of their own.
func (t *tracker) confirm(verb string, count int64) (before int64) {
	switch verb {
	case "subscribe", "unsubscribe":
		before, t.channels = t.channels, max(count-t.patterns, 0)
	case "psubscribe", "punsubscribe":
		before, t.patterns = t.patterns, max(count-t.channels, 0)
	case "ssubscribe", "sunsubscribe":
		before, t.shards = t.shards, count
	default:
		return -1
	}
	return before
}

// outOfBand reports whether a frame answers no command: pushes, RESP2's messages, and what MONITOR prints.
func (t *tracker) outOfBand(kind byte, head []byte) bool {
	switch {
	case kind == '>':
		return true
	case kind == '*' && !t.resp3 && t.subscribed():
		switch string(head) {
		case "message", "pmessage", "smessage", "sunsubscribe":
			return true
		}
	case kind == '+' && t.monitor:
		return len(head) > 0 && head[0] >= '0' && head[0] <= '9'
	}
	return false
}

func (t *tracker) subscribed() bool { return t.channels+t.patterns+t.shards > 0 }

// A connState is what the tracker knows for certain when nothing is owed.
type connState struct {
	resp3, multi bool
	// executed says that the last EXEC carried its transaction out.
	executed bool
	// confined is RESP2's subscribe mode, in which few commands are allowed.
	confined bool
}

// settle waits until nothing is owed. It reports false if the backend is gone.
func (t *tracker) settle() (connState, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.owed) > 0 && !t.dead {
		t.changed.Wait()
	}
	return connState{resp3: t.resp3, multi: t.multi, executed: t.executed, confined: !t.resp3 && t.subscribed()}, !t.dead
}

// die ends every wait: the backend is gone.
func (t *tracker) die() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dead = true
	t.changed.Broadcast()
}

// silent reports whether the reply to the command at hand is to be left out, and takes note that a command went by.
func (t *tracker) silent() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.silentLocked()
}

func (t *tracker) silentLocked() bool {
	silent := t.muted || t.skip
	t.skip = false
	return silent
}

// endMute notes that the next command ends CLIENT REPLY OFF.
func (t *tracker) endMute() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.muted = false
}

// reply notes CLIENT REPLY ON, OFF or SKIP.
func (t *tracker) reply(mode string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch mode {
	case "ON":
		t.muted, t.skip = false, false
	case "OFF":
		t.muted = true
	case "SKIP":
		t.skip = !t.muted
	}
}
