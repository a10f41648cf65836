package resp

// Limits bounds what a peer may make us count or store. The zero value means the defaults below.
type Limits struct {
	// Bulk is the most bytes in one argument or bulk reply; default 512 MiB, the server's proto-max-bulk-len, for
	// readers, which store it, and 1 TiB for scanners, which only count it.
	Bulk int64
	// Args is the most arguments in one request; default 1,048,576, the server's own limit.
	Args int32
	// Inline is the most bytes in an inline request; default 64 KiB as in the server.
	Inline int32
	// Unauthenticated selects the server's texts for the limits it has before a client has authenticated.
	Unauthenticated bool
}

// BeforeAuth are the server's limits for a client that has not authenticated.
// Source: measured on valkey-server 8.0.1 (10 arguments, 16384 bytes each).
func BeforeAuth() Limits { return Limits{Args: 10, Bulk: 16384, Unauthenticated: true} }

const (
	maxArgs      = 1 << 20
	maxInline    = 64 << 10
	maxStored    = 512 << 20
	maxCounted   = 1 << 40
	maxAggregate = 1 << 31
	maxDigits    = 13 // as many as maxCounted has
)

func (l Limits) args() int64   { return orDefault(int64(l.Args), maxArgs) }
func (l Limits) bulk() int64   { return orDefault(l.Bulk, maxCounted) }
func (l Limits) inline() int   { return int(orDefault(int64(l.Inline), maxInline)) }
func (l Limits) stored() int64 { return min(l.bulk(), orDefault(l.Bulk, maxStored)) }

func orDefault(n, d int64) int64 {
	if n > 0 {
		return n
	}
	return d
}

// A ProtocolError says that a peer does not speak RESP as we frame it. The stream cannot be followed any further.
type ProtocolError struct {
	// Text is what a server answers behind "-ERR ", in its own words where it has some.
	Text string
	// Streamed is set for RESP3's streamed types, which are legal but which no server sends: a relay may carry on
	// as a byte pipe.
	Streamed bool
}

func (e *ProtocolError) Error() string { return e.Text }

func protocolError(text string) error { return &ProtocolError{Text: "Protocol error: " + text} }
