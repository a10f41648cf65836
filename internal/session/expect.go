package session

import "github.com/valetkey/valetkey/internal/topology"

// An expectation is what the server still owes: the replies to one request, or to a run of ordinary ones.
type expectation struct {
	kind expectationKind
	form topology.Form // how the reply names nodes, if it does
	// n is how many ordinary replies are due, or how many (un)subscribe pushes; unknown where the request named no channel.
	n int32
	// got counts the pushes that have come for an (un)subscribe request.
	got int32
}

const unknown = -1

type expectationKind uint8

const (
	plain       expectationKind = iota
	multi                       // +OK, or refused
	exec                        // whatever it is, the transaction is over
	discard                     // +OK, or refused
	hello                       // a map or an array names the protocol
	helloOwn                    // HELLO with our own user: authenticates too
	helloOther                  // HELLO with another user: the session is no longer ours
	authOwn                     // AUTH with our own user
	authOther                   // AUTH with another user
	reset                       // +RESET
	monitor                     // +OK, then lines
	substituted                 // a PING sent in place of a command that RESP2 refuses while subscribed
	ping                        // answered differently in RESP2 while subscribed
	listing                     // names nodes
	subscribe                   // the six (un)subscribe commands, in the order of pushKinds
	psubscribe
	ssubscribe
	unsubscribe
	punsubscribe
	sunsubscribe
	injectedAuth
	injectedEcho
	injectedHello
	injectedNonsense
)

func (k expectationKind) injected() bool { return k >= injectedAuth }
func (k expectationKind) ours() bool     { return k.injected() || k == substituted }
func (k expectationKind) pushes() bool   { return k >= subscribe && k <= sunsubscribe }

// pushKinds are the names of the (un)subscribe commands, which are also the names of the pushes that answer them.
var pushKinds = [...]string{"subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe"}

// pushKind is the expectation that a push named name belongs to.
func pushKind(name []byte) (expectationKind, bool) {
	for i, k := range pushKinds {
		if string(name) == k {
			return subscribe + expectationKind(i), true
		}
	}
	return 0, false
}

// An owed is the queue of what the server owes, in order. Runs of ordinary replies take one entry.
type owed struct {
	items []expectation
	first int32
	vague int32 // how many of them do not know how many pushes they get
}

func (q *owed) empty() bool { return int(q.first) == len(q.items) }

// head is the oldest expectation; nil if there is none.
func (q *owed) head() *expectation {
	if q.empty() {
		return nil
	}
	return &q.items[q.first]
}

func (q *owed) add(e expectation) {
	if e.kind == plain && !q.empty() {
		if last := &q.items[len(q.items)-1]; last.kind == plain && last.n < 1<<30 {
			last.n += e.n
			return
		}
	}
	if q.empty() {
		q.items, q.first = q.items[:0], 0
	}
	if e.n == unknown {
		q.vague++
	}
	q.items = append(q.items, e)
}

// pop drops the head.
func (q *owed) pop() {
	if q.head().n == unknown {
		q.vague--
	}
	q.first++
	if q.first > 64 && int(q.first)*2 > len(q.items) {
		q.items, q.first = append(q.items[:0], q.items[q.first:]...), 0
	}
}

// one takes one reply off the head. An (un)subscribe request that gets a reply has been refused or queued as a whole.
func (q *owed) one() {
	if h := q.head(); h.n > 1 && !h.kind.pushes() {
		h.n--
		return
	}
	q.pop()
}

// settled reports whether no reply is due. Requests to unsubscribe from everything that have been answered at least once
// may or may not get more pushes: they do not count, but they are a reason to doubt.
func (q *owed) settled() (settled, doubtful bool) {
	for _, e := range q.items[q.first:] {
		if !e.kind.pushes() || e.n != unknown || e.got == 0 {
			return false, false
		}
		doubtful = true
	}
	return true, doubtful
}

// open reports whether a request to unsubscribe from everything, of kind k, may not be over.
func (q *owed) open(k expectationKind) bool {
	if q.vague == 0 { // so that a client may subscribe to a hundred thousand channels one by one
		return false
	}
	for _, e := range q.items[q.first:] {
		if e.kind == k && e.n == unknown {
			return true
		}
	}
	return false
}

// dropAnswered drops the (un)subscribe requests at the head that have been answered: they get no ordinary reply any more.
func (q *owed) dropAnswered() {
	for h := q.head(); h != nil && h.kind.pushes() && h.got > 0; h = q.head() {
		q.pop()
	}
}

// dropAnsweredBut is dropAnswered before a push of kind k, which may still belong to the head.
func (q *owed) dropAnsweredBut(k expectationKind) {
	for h := q.head(); h != nil && h.kind.pushes() && h.kind != k && h.got > 0; h = q.head() {
		q.pop()
	}
}
