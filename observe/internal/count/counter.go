// Package count says what is counted of a dialer's events, for every system of metrics alike: which counters there are, and the values that
// their labels can have. No address and no text of an error becomes one.
//
// A module that uses it may be older than the module that it is part of: what is here may grow, and must not become something else.
package count

// A Counter is something that is counted, by itself for each value of its labels.
type Counter int

// The counters.
const (
	Dials Counter = iota
	Auths
	Deferred
	Replaced
	Cuts
)

// Help says what is counted.
func (c Counter) Help() string {
	switch c {
	case Dials:
		return "Attempts to connect and authenticate."
	case Auths:
		return "Attempts to authenticate: a new connection (connect), or one again (refresh)."
	case Deferred:
		return "Times that a connection was due to authenticate again and could not just then."
	case Replaced:
		return "Connections closed before the server would, because they could not authenticate again."
	default:
		return "Connections that the server closed at the end of their session."
	}
}

// Labels returns the names of the labels, in the order in which [Event] and [Series] give their values.
func (c Counter) Labels() []string {
	switch c {
	case Dials:
		return []string{"result"}
	case Auths:
		return []string{"kind", "result"}
	case Deferred, Replaced:
		return []string{"reason"}
	default:
		return nil
	}
}
