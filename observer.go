package valetkey

import "time"

// An EventKind says what has happened to a connection.
type EventKind string

// The kinds of events, in the order of a connection's life.
const (
	Dialed   EventKind = "dialed"   // connected and authenticated
	Renewed  EventKind = "renewed"  // authenticated again
	Deferred EventKind = "deferred" // due, but not possible just now; Reason says why
	Failed   EventKind = "failed"   // an attempt to dial or to renew did not succeed; Err says why
	Replaced EventKind = "replaced" // closed before the server would, because it could not be renewed; Reason says why
	Cut      EventKind = "cut"      // closed by the server when it was past RenewBy, at the end of its session
)

// An Event is something that has happened to one connection of a [Dialer].
type Event struct {
	Kind EventKind
	// Addr is the address that was dialled.
	Addr string
	// Age is the time since the connection was last authenticated; zero for Dialed and for a dial that has failed.
	Age time.Duration
	// Reason is why a connection could not be renewed: busy, half, transaction, one-shot, silent, monitor, opaque, foreign
	// or ending; empty for one that was quiet and whose attempts failed. Only for Deferred and Replaced.
	Reason string
	// Err is what went wrong. Only for Failed. It holds no token.
	Err error
}

// An Observer is told what happens to connections. Its method is called synchronously from the goroutine that it happened in,
// by several at once, and must not block or use the connection.
type Observer interface {
	Observe(Event)
}
