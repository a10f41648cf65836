package resp

import "io"

// readChunk is how much a reader asks for at once.
const readChunk = 4096

// A frames reads bytes and keeps those of the frame at its head.
type frames struct {
	r     io.Reader
	buf   []byte
	start int // first byte of the current frame
	next  int // first byte not scanned yet
}

// frame returns the next whole frame, found by scan. It is valid until the next call.
func (f *frames) frame(scan func([]byte) (int, bool, error)) ([]byte, error) {
	f.start = f.next
	for {
		n, done, err := scan(f.buf[f.next:])
		f.next += n
		if err != nil || done {
			return f.buf[f.start:f.next], err
		}
		if err := f.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more bytes behind those already held.
func (f *frames) fill() error {
	f.compact()
	if cap(f.buf)-len(f.buf) < readChunk {
		grown := make([]byte, len(f.buf), 2*cap(f.buf)+readChunk)
		copy(grown, f.buf)
		f.buf = grown
	}
	n, err := f.r.Read(f.buf[len(f.buf):cap(f.buf)])
	f.buf = f.buf[:len(f.buf)+n]
	if n > 0 {
		return nil
	}
	if err == io.EOF && f.next > f.start {
		return io.ErrUnexpectedEOF
	}
	return err
}

// compact drops the frames already returned, and a buffer that one large frame left behind.
func (f *frames) compact() {
	held := f.buf[f.start:]
	if f.start == 0 {
		return
	}
	if cap(f.buf) > 64*readChunk && len(held) < readChunk {
		f.buf = append(make([]byte, 0, readChunk), held...)
	} else {
		f.buf = append(f.buf[:0], held...)
	}
	f.next -= f.start
	f.start = 0
}

// buffered is how many bytes have been read but not returned.
func (f *frames) buffered() int { return len(f.buf) - f.next }

// A Command is one request as a server sees it.
type Command struct {
	// Raw are its bytes on the wire.
	Raw []byte
	// Args are its arguments, the name first; none for the requests that no server answers.
	Args [][]byte
	// Inline is set when it came as a line of words.
	Inline bool
}

// A CommandReader reads what a client sends, one whole request at a time. Not safe for concurrent use.
type CommandReader struct {
	frames
	scan RequestScanner
}

// NewCommandReader reads from r within lim.
func NewCommandReader(r io.Reader, lim Limits) *CommandReader {
	c := &CommandReader{frames: frames{r: r}}
	c.SetLimits(lim)
	return c
}

// SetLimits changes the limits for the next commands, as authentication does.
func (c *CommandReader) SetLimits(lim Limits) {
	lim.Bulk = lim.stored()
	c.scan.Limits = lim
}

// Buffered is how many bytes of further requests have been read already.
func (c *CommandReader) Buffered() int { return c.buffered() }

// Next reads one request, valid until the next call. It returns io.EOF between requests, io.ErrUnexpectedEOF within one,
// a *[ProtocolError], or the reader's own error.
func (c *CommandReader) Next() (Command, error) {
	raw, err := c.frame(c.scan.Scan)
	if err != nil {
		return Command{}, err
	}
	if raw[0] != '*' {
		args, _ := splitInline(raw) // the scanner has refused unbalanced quotes
		return Command{Raw: raw, Args: args, Inline: true}, nil
	}
	return Command{Raw: raw, Args: arguments(raw, c.scan.Argc())}, nil
}

// arguments cuts a request that the scanner has accepted.
func arguments(raw []byte, argc int64) [][]byte {
	if argc == 0 {
		return nil
	}
	args := make([][]byte, 0, argc)
	_, rest := header(raw)
	for range argc {
		n, body := header(rest)
		args = append(args, body[:n:n])
		rest = body[n+2:]
	}
	return args
}

// header reads "*N\r\n" or "$N\r\n" from bytes known to be well formed.
func header(p []byte) (n int64, rest []byte) {
	var num number
	i := 1
	for ; p[i] != '\r'; i++ {
		num.add(p[i])
	}
	n, _ = num.value()
	return n, p[i+2:]
}

// A Reply is one top-level value as a client sees it.
type Reply struct {
	// Raw are its bytes on the wire, an attribute before it included. It is valid until the next read.
	Raw []byte
	// Kind is its type byte: '+', '-', ':', '$', '*', '%', '~', '>', '_' …
	Kind byte
	// Head is its first scalar, up to 128 bytes of a line or 48 of a bulk: an error's text, a push's kind.
	Head []byte
}

// A ReplyReader reads what a server sends, one whole value at a time. Not safe for concurrent use.
type ReplyReader struct {
	frames
	scan ReplyScanner
}

// NewReplyReader reads from r.
func NewReplyReader(r io.Reader) *ReplyReader {
	c := &ReplyReader{frames: frames{r: r}}
	c.scan.Bulk = maxStored
	return c
}

// Buffered is how many bytes of further values have been read already.
func (c *ReplyReader) Buffered() int { return c.buffered() }

// Next reads one reply or push, valid until the next call. Errors are those of [CommandReader.Next].
func (c *ReplyReader) Next() (Reply, error) {
	raw, err := c.frame(c.scan.Scan)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Raw: raw, Kind: c.scan.Kind(), Head: c.scan.Head()}, nil
}
