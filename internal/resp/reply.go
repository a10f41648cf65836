package resp

import "bytes"

// headBytes bounds what a ReplyScanner remembers of a reply's first element.
const headBytes = 128

// A ReplyScanner finds the ends of top-level values (replies and pushes) in what a server sends. It needs no stack: it
// counts the elements still to come. The zero value is ready. Not safe for concurrent use.
type ReplyScanner struct {
	Limits Limits

	state replyState
	typ   byte // of the element being read
	num   number
	left  int64 // bytes left in a bulk payload
	pend  int64 // elements still to come in this value

	kind  byte // first byte of the value
	attr  bool // inside an attribute before the value
	first bool // the first scalar of the value has been kept
	head  [headBytes]byte
	headN int
	last  int64
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

// Head is the first scalar of the value, a line's text or a bulk's payload, as far as it was kept (128 bytes): the text of
// an error, the kind of a push. It is valid until the next Scan.
func (s *ReplyScanner) Head() []byte { return s.head[:s.headN] }

// LastInt is the last integer element of the value: in a subscribe push, the number of subscriptions left.
func (s *ReplyScanner) LastInt() int64 { return s.last }

// Scan reads p up to the end of the current value and no further: n bytes belong to it, done says whether they end it.
// An attribute is part of the value it stands before. After an error, always a *[ProtocolError], the scanner must not be
// used again.
func (s *ReplyScanner) Scan(p []byte) (n int, done bool, err error) {
	for n < len(p) {
		switch s.state {
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
	if !s.attr && !s.first {
		s.headN += copy(s.head[s.headN:], p)
	}
}

// step takes one byte outside payloads and texts.
func (s *ReplyScanner) step(b byte) (done bool, err error) {
	switch s.state {
	case replyStart:
		s.pend, s.kind, s.attr, s.first, s.headN, s.last = 1, b, false, false, 0, 0
		return false, s.element(b)
	case replyType:
		if s.kind == '|' && !s.attr { // the attribute is over: this is the value
			s.kind = b
		}
		return false, s.element(b)
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

// element takes the type byte of a value or of an element.
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
	if n > s.Limits.bulk() {
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
