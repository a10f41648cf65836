package resp

import "bytes"

// headBytes and headPayload bound what a ReplyScanner remembers of a reply's first element: an error's text, and in bulks, where
// values come, a push's kind or a nonce.
const headBytes, headPayload = 128, 48

// A ReplyScanner finds the ends of top-level values (replies and pushes) in what a server sends. It needs no stack: it
// counts the elements still to come. The zero value is ready. Not safe for concurrent use.
type ReplyScanner struct {
	// Bulk is the most bytes in one bulk; default 1 TiB.
	Bulk int64

	state replyState
	typ   byte // of the element being read
	kind  byte // first byte of the value
	attr  bool // inside an attribute before the value
	first bool // the first scalar of the value has been kept
	num   number
	left  int64 // bytes left in a bulk payload
	pend  int64 // elements still to come in this value

	head []byte
	last int64
}

type replyState uint8

const (
	replyStart replyState = iota
	replyType             // an element of an aggregate
	replyHeader
	replyHeaderLF
	replyLine
	replyLineLF
	replyPayload
	replyCR
	replyLF
)

// AtBoundary reports whether no value is half read.
func (s *ReplyScanner) AtBoundary() bool { return s.state == replyStart }

// Kind is the type byte of the value being read or read last ('+', '$', '>' …). Where an attribute stands before the
// value it is '|' until the value itself begins.
func (s *ReplyScanner) Kind() byte { return s.kind }

// Head is the first scalar of the value as far as it was kept, 128 bytes of a line's text, 48 of a bulk's payload: the text of an
// error, the kind of a push. It is valid until the next Scan.
func (s *ReplyScanner) Head() []byte { return s.head }

// LastInt is the last integer element of the value: in a subscribe push, the number of subscriptions left.
func (s *ReplyScanner) LastInt() int64 { return s.last }

// Scan reads p up to the end of the current value and no further: n bytes belong to it, done says whether they end it.
// An attribute is part of the value it stands before. After an error, always a *[ProtocolError], the scanner must not be
// used again.
func (s *ReplyScanner) Scan(p []byte) (n int, done bool, err error) {
	for n < len(p) {
		switch s.state {
		case replyStart, replyType:
			if k := s.whole(p[n:]); k > 0 {
				n, done = n+k, s.scalar()
				break
			}
			err = s.begin(p[n])
			n++
		case replyPayload:
			n += s.payload(p[n:])
		case replyLine:
			n += s.text(p[n:])
		default:
			done, err = s.step(p[n])
			n++
		}
		if done || err != nil {
			return n, done, err
		}
	}
	return n, false, nil
}

// whole takes an element that p holds from the first byte to the last, as it mostly does, without going byte by byte. It returns 0
// where there is anything else: step then decides.
func (s *ReplyScanner) whole(p []byte) (n int) {
	var text []byte
	switch p[0] {
	case '$':
		size, head := length(p, '$')
		if head == 0 || size > s.bulkLimit() || !terminated(p[head:], int(size)) {
			return 0
		}
		text, n = p[head:head+int(size)], head+int(size)+2
	case '+', '-', ':':
		end := bytes.IndexByte(p, '\r')
		if end < 0 || !terminated(p, end) {
			return 0
		}
		text, n = p[1:end], end+2
	default:
		return 0
	}
	s.open(p[0])
	s.typ, s.num = p[0], number{}
	s.keep(text)
	if s.typ == ':' {
		s.last, _ = s.num.value()
	}
	return n
}

// Whole finds the end of the value that p begins with, if it is a string, an error, an integer or a null of RESP2 and p holds all of it; 0 where not.
func Whole(p []byte) (n int) {
	switch p[0] {
	case '$':
		size, head := length(p, '$')
		if head > 0 && terminated(p[head:], int(size)) {
			return head + int(size) + len("\r\n")
		}
		if null := "$-1\r\n"; len(p) >= len(null) && string(p[:len(null)]) == null {
			return len(null)
		}
	case '+', '-', ':':
		if end := bytes.IndexByte(p, '\r'); end > 0 && terminated(p, end) {
			return end + len("\r\n")
		}
	}
	return 0
}

// open takes note of the value, or element, that begins with b.
func (s *ReplyScanner) open(b byte) {
	switch {
	case s.state == replyStart:
		s.pend, s.kind, s.attr, s.first, s.head, s.last = 1, b, false, false, s.head[:0], 0
	case s.kind == '|' && !s.attr: // the attribute is over: this is the value
		s.kind = b
	}
}

// begin takes the type byte of a value or of an element.
func (s *ReplyScanner) begin(b byte) error {
	s.open(b)
	return s.element(b)
}

func (s *ReplyScanner) bulkLimit() int64 { return orDefault(s.Bulk, maxCounted) }

func (s *ReplyScanner) payload(p []byte) int {
	n := int(min(s.left, int64(len(p))))
	s.keep(p[:n])
	if s.left -= int64(n); s.left == 0 {
		s.state = replyCR
	}
	return n
}

// text reads a line's text up to its CR.
func (s *ReplyScanner) text(p []byte) int {
	end := bytes.IndexByte(p, '\r')
	if end < 0 {
		s.keep(p)
		return len(p)
	}
	s.keep(p[:end])
	if s.typ == ':' {
		s.last, _ = s.num.value()
	}
	s.state = replyLineLF
	return end + 1
}

// keep remembers the first scalar of the value and reads integers.
func (s *ReplyScanner) keep(p []byte) {
	if s.typ == ':' {
		for _, b := range p {
			s.num.add(b)
		}
	}
	if s.attr || s.first {
		return
	}
	room := headBytes
	if s.typ == '$' {
		room = headPayload
	}
	s.head = append(s.head, p[:min(len(p), room-len(s.head))]...)
}

// step takes one byte of a header or of a line's end.
func (s *ReplyScanner) step(b byte) (done bool, err error) {
	switch s.state {
	case replyHeader:
		return false, s.header(b)
	case replyHeaderLF:
		if b != '\n' {
			return false, protocolError("expected CRLF behind a length")
		}
		return s.sized()
	case replyCR, replyLF, replyLineLF:
		return s.terminator(b)
	}
	return false, nil
}

func (s *ReplyScanner) element(b byte) error {
	s.typ, s.num = b, number{}
	switch b {
	case '+', '-', ':', ',', '#', '_', '(':
		s.state = replyLine
	case '$', '!', '=', '*', '~', '>', '%', '|':
		s.state = replyHeader
	case ';', '.':
		return &ProtocolError{Text: "Protocol error: streamed types are not supported", Streamed: true}
	default:
		return protocolError("unknown reply type")
	}
	return nil
}

func (s *ReplyScanner) header(b byte) error {
	switch {
	case b == '\r':
		s.state = replyHeaderLF
	case b == '?' && s.num == number{}:
		return &ProtocolError{Text: "Protocol error: streamed types are not supported", Streamed: true}
	case !s.num.add(b):
		return protocolError("invalid length in a reply")
	}
	return nil
}

// sized takes the length of a bulk or an aggregate.
func (s *ReplyScanner) sized() (done bool, err error) {
	n, ok := s.num.value()
	null := n == -1 && (s.typ == '$' || s.typ == '*')
	if !ok || n < 0 && !null {
		return false, protocolError("invalid length in a reply")
	}
	switch {
	case null:
		return s.scalar(), nil
	case s.typ == '$' || s.typ == '!' || s.typ == '=':
		return false, s.bulk(n)
	case n > maxAggregate || s.pend > maxCounted:
		return false, protocolError("invalid length in a reply")
	}
	return s.aggregate(n), nil
}

func (s *ReplyScanner) bulk(n int64) error {
	if n > s.bulkLimit() {
		return protocolError("invalid bulk length")
	}
	s.left, s.state = n, replyPayload
	if n == 0 {
		s.state = replyCR
	}
	return nil
}

func (s *ReplyScanner) aggregate(n int64) (done bool) {
	switch s.typ {
	case '|':
		if s.pend == 1 {
			s.attr = n > 0
		}
		s.pend += 2 * n
	case '%':
		s.pend += 2*n - 1
	default:
		s.pend += n - 1
	}
	return s.next()
}

func (s *ReplyScanner) terminator(b byte) (done bool, err error) {
	if s.state == replyCR {
		s.state = replyLF
		if b != '\r' {
			return false, protocolError("expected CRLF behind a bulk")
		}
		return false, nil
	}
	if b != '\n' {
		return false, protocolError("expected CRLF behind a line")
	}
	return s.scalar(), nil
}

func (s *ReplyScanner) scalar() (done bool) {
	if !s.attr {
		s.first = true
	}
	s.pend--
	return s.next()
}

// next goes on to the next element, or ends the value.
func (s *ReplyScanner) next() (done bool) {
	if s.pend == 1 && s.attr {
		s.attr = false
	}
	if s.pend > 0 {
		s.state = replyType
		return false
	}
	s.state = replyStart
	return true
}
