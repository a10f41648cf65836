package resp

import (
	"bytes"
	"math"
)

// capturedArgs and capturedBytes bound what a RequestScanner remembers of a request: enough to tell the command, its
// subcommand and the user name of a HELLO.
const (
	capturedArgs  = 6
	capturedBytes = 48
)

// A RequestScanner finds the ends of requests in what a client sends. The zero value is ready. Not safe for concurrent use.
type RequestScanner struct {
	Limits Limits

	num   number
	argc  int64 // arguments of this request
	index int64 // argument being read
	left  int64 // bytes left in its payload

	kept   []byte               // what is remembered of the first arguments, one behind the other; an inline request's line
	ends   [capturedArgs]uint16 // where each ends in it
	length [capturedArgs]uint16 // their true lengths
	state  requestState
}

type requestState uint8

const (
	requestStart requestState = iota
	requestCount
	requestCountLF
	bulkMark
	bulkLength
	bulkLengthLF
	bulkPayload
	bulkCR
	bulkLF
	inlineLine
)

// AtBoundary reports whether no request is half read.
func (s *RequestScanner) AtBoundary() bool { return s.state == requestStart }

// Scan reads p up to the end of the current request and no further: n bytes belong to it, done says whether they end it.
// After an error, always a *[ProtocolError], the scanner must not be used again.
func (s *RequestScanner) Scan(p []byte) (n int, done bool, err error) {
	return s.scan(p, math.MaxInt64)
}

// ScanName is Scan, except that it also stops behind the first argument, unless p has the whole request. Of an inline request it
// reads the whole.
func (s *RequestScanner) ScanName(p []byte) (n int, done bool, err error) { return s.scan(p, 0) }

// scan stops at the end of the request or once the argument numbered last is over.
func (s *RequestScanner) scan(p []byte, last int64) (n int, done bool, err error) {
	if s.state == requestStart {
		if n = s.whole(p); n > 0 {
			return n, true, nil
		}
	}
	for n < len(p) {
		switch s.state {
		case bulkPayload:
			n += s.skip(p[n:])
		case inlineLine:
			var m int
			m, done, err = s.inline(p[n:])
			n += m
		default:
			done, err = s.step(p[n])
			n++
		}
		if done || err != nil || s.index > last {
			return n, done, err
		}
	}
	return n, false, nil
}

func (s *RequestScanner) skip(p []byte) int {
	n := int(min(s.left, int64(len(p))))
	if s.index < capturedArgs {
		s.capture(s.index, p[:n])
	}
	if s.left -= int64(n); s.left == 0 {
		s.state = bulkCR
	}
	return n
}

// step takes one byte outside payloads.
func (s *RequestScanner) step(b byte) (done bool, err error) {
	switch s.state {
	case requestStart:
		return s.begin(b), nil
	case requestCount:
		return false, s.count(b)
	case requestCountLF:
		return s.counted(b)
	case bulkMark:
		return false, s.mark(b)
	case bulkLength:
		return false, s.bulk(b)
	case bulkLengthLF:
		return false, s.sized(b)
	case bulkCR, bulkLF:
		return s.terminator(b)
	}
	return false, nil
}

func (s *RequestScanner) begin(b byte) (done bool) {
	s.argc, s.index, s.num, s.kept = 0, 0, number{}, s.kept[:0]
	switch b {
	case '*':
		s.state = requestCount
	case '\n': // an empty line is a request that no server answers
		return true
	default:
		s.state = inlineLine
		s.kept = append(s.kept[:0], b)
	}
	return false
}

func (s *RequestScanner) count(b byte) error {
	if b == '\r' {
		s.state = requestCountLF
		return nil
	}
	if !s.num.add(b) {
		return protocolError("invalid multibulk length")
	}
	return nil
}

func (s *RequestScanner) counted(b byte) (done bool, err error) {
	n, ok := s.num.value()
	switch {
	case b != '\n' || !ok:
		return false, protocolError("invalid multibulk length")
	case n > s.Limits.args() && s.Limits.Unauthenticated:
		return false, protocolError("unauthenticated multibulk length")
	case n > s.Limits.args():
		return false, protocolError("invalid multibulk length")
	case n <= 0: // legal, and never answered
		s.argc, s.state = 0, requestStart
		return true, nil
	}
	s.argc, s.state = n, bulkMark
	return false, nil
}

func (s *RequestScanner) mark(b byte) error {
	if b != '$' {
		return protocolError("expected '$', got '" + string(rune(b)) + "'")
	}
	s.num, s.state = number{}, bulkLength
	return nil
}

func (s *RequestScanner) bulk(b byte) error {
	if b == '\r' {
		s.state = bulkLengthLF
		return nil
	}
	if !s.num.add(b) {
		return protocolError("invalid bulk length")
	}
	return nil
}

func (s *RequestScanner) sized(b byte) error {
	n, ok := s.num.value()
	switch {
	case b != '\n' || !ok || n < 0:
		return protocolError("invalid bulk length")
	case n > s.Limits.bulk() && s.Limits.Unauthenticated:
		return protocolError("unauthenticated bulk length")
	case n > s.Limits.bulk():
		return protocolError("invalid bulk length")
	}
	if s.index < capturedArgs {
		s.expectArg(s.index, n)
	}
	s.left, s.state = n, bulkPayload
	if n == 0 {
		s.state = bulkCR
	}
	return nil
}

func (s *RequestScanner) terminator(b byte) (done bool, err error) {
	if s.state == bulkCR {
		s.state = bulkLF
		if b != '\r' {
			return false, protocolError("expected CRLF behind an argument")
		}
		return false, nil
	}
	if b != '\n' {
		return false, protocolError("expected CRLF behind an argument")
	}
	if s.index++; s.index == s.argc {
		s.state = requestStart
		return true, nil
	}
	s.state = bulkMark
	return false, nil
}

// inline reads a request that is one line of words, as people type it.
func (s *RequestScanner) inline(p []byte) (n int, done bool, err error) {
	end := bytes.IndexByte(p, '\n')
	n = end + 1
	if end < 0 {
		n = len(p)
	}
	if len(s.kept)+n > s.Limits.inline() {
		return n, false, protocolError("too big inline request")
	}
	s.kept = append(s.kept, p[:n]...)
	if end < 0 {
		return n, false, nil
	}
	s.state = requestStart
	return n, true, s.captureInline()
}

func (s *RequestScanner) captureInline() error {
	if bytes.IndexByte(s.kept, 0) >= 0 { // a server does not see the end of such a line
		return protocolError("zero byte in inline request")
	}
	args, ok := splitInline(s.kept)
	if !ok {
		return protocolError("unbalanced quotes in request")
	}
	// Valkey 8.0 reads even RESP as inline requests behind a line of white space (measured on 8.0.1), Redis does not.
	if len(args) == 0 && string(s.kept) != "\r\n" {
		return protocolError("blank inline request")
	}
	s.argc, s.index, s.kept = int64(len(args)), int64(len(args)), s.kept[:0]
	for i, a := range args[:min(len(args), capturedArgs)] {
		s.expectArg(int64(i), int64(len(a)))
		s.capture(int64(i), a)
	}
	return nil
}

// whole scans a request that p holds from the first byte to the last, as it mostly does, without going byte by byte. It returns
// 0 where there is anything else, be it an error: scan then decides.
func (s *RequestScanner) whole(p []byte) (n int) {
	argc, n := length(p, '*')
	if argc <= 0 || argc > s.Limits.args() {
		return 0
	}
	s.kept = s.kept[:0]
	for i := range argc {
		size, head := length(p[n:], '$')
		n += head
		if head == 0 || size > s.Limits.bulk() || !terminated(p[n:], int(size)) {
			return 0
		}
		if i < capturedArgs {
			s.expectArg(i, size)
			s.capture(i, p[n:n+int(size)])
		}
		n += int(size) + len("\r\n")
	}
	s.argc, s.index = argc, argc
	return n
}

// Whole finds the end of the request that p begins with, and its command's name, without keeping anything of it. It returns 0 bytes where p does
// not hold all of it, or where it is anything but an array of bulks. Only between two requests.
func (s *RequestScanner) Whole(p []byte) (n int, name []byte) {
	argc, n := length(p, '*')
	if argc <= 0 || argc > s.Limits.args() {
		return 0, nil
	}
	for i := range argc {
		size, head := length(p[n:], '$')
		n += head
		if head == 0 || size > s.Limits.bulk() || !terminated(p[n:], int(size)) {
			return 0, nil
		}
		if i == 0 {
			name = p[n : n+int(size)]
		}
		n += int(size) + len("\r\n")
	}
	return n, name
}

// expectArg makes room for what is to be remembered of argument i.
func (s *RequestScanner) expectArg(i, size int64) {
	s.length[i], s.ends[i] = uint16(min(size, math.MaxUint16)), uint16(len(s.kept))
}

// capture remembers a piece of argument i.
func (s *RequestScanner) capture(i int64, p []byte) {
	start := 0
	if i > 0 {
		start = int(s.ends[i-1])
	}
	s.kept = append(s.kept, p[:min(len(p), start+capturedBytes-len(s.kept))]...)
	s.ends[i] = uint16(len(s.kept))
}

// Argc is the number of arguments of the request, the command's name included; 0 for the requests that no server answers
// (an empty line, "*0", "*-1"). It is known once [RequestScanner.Named] is.
func (s *RequestScanner) Argc() int64 { return s.argc }

// Named reports whether the name of the request being read is known.
func (s *RequestScanner) Named() bool { return s.state == requestStart || s.index > 0 }

// Arg returns argument i as far as it was kept (48 bytes) and its true length, or 65,535 if that is less; nothing for i over 5,
// beyond the last or not yet read. The bytes are valid until the next Scan.
func (s *RequestScanner) Arg(i int64) (kept []byte, length int64) {
	if i >= capturedArgs || i >= s.index {
		return nil, 0
	}
	start := uint16(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.kept[start:s.ends[i]], int64(s.length[i])
}
