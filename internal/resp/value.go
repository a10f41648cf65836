package resp

import "bytes"

// deepest is how deep a value is taken apart. What lies deeper is kept as it is.
const deepest = 8

// A Value is a reply taken apart, for those who have to change one.
type Value struct {
	// Kind is its type byte; 0 for what was not taken apart.
	Kind byte
	// Text is a scalar's line, a bulk's payload, or the bytes that were not taken apart.
	Text []byte
	// Null is set for RESP2's nulls, "$-1" and "*-1".
	Null bool
	// Elems are an aggregate's elements: of a map, keys and values in turn; of an attribute, those and the value that it stands before.
	Elems []*Value
}

// ParseValue takes apart the value that p begins with, which a [ReplyScanner] has found to be whole. Its texts are parts of p.
func ParseValue(p []byte) *Value {
	v, _ := parseValue(p, deepest)
	return v
}

func parseValue(p []byte, depth int) (v *Value, rest []byte) {
	if depth == 0 {
		var s ReplyScanner
		n, _, _ := s.Scan(p)
		return &Value{Text: p[:n:n]}, p[n:]
	}
	v = &Value{Kind: p[0]}
	switch p[0] {
	case '$', '!', '=', '*', '~', '>', '%', '|':
		n, rest := header(p)
		switch {
		case n < 0:
			v.Null = true
		case p[0] == '$' || p[0] == '!' || p[0] == '=':
			v.Text, rest = rest[:n:n], rest[n+2:]
		default:
			rest = v.parseElems(rest, n, depth-1)
		}
		return v, rest
	}
	end := bytes.IndexByte(p, '\r')
	v.Text = p[1:end:end]
	return v, p[end+2:]
}

func (v *Value) parseElems(p []byte, n int64, depth int) (rest []byte) {
	switch v.Kind {
	case '%':
		n *= 2
	case '|':
		n = 2*n + 1
	}
	for range n {
		var e *Value
		e, p = parseValue(p, depth)
		v.Elems = append(v.Elems, e)
	}
	return p
}

// Append appends the value as it is on the wire.
func (v *Value) Append(dst []byte) []byte {
	switch v.Kind {
	case 0:
		return append(dst, v.Text...)
	case '$', '!', '=':
		if v.Null {
			return AppendNullBulk(dst)
		}
		return append(append(appendHeader(dst, v.Kind, int64(len(v.Text))), v.Text...), "\r\n"...)
	case '*', '~', '>', '%', '|':
		return v.appendElems(dst)
	}
	return append(append(append(dst, v.Kind), v.Text...), "\r\n"...)
}

func (v *Value) appendElems(dst []byte) []byte {
	n := len(v.Elems)
	switch {
	case v.Null:
		n = -1
	case v.Kind == '%' || v.Kind == '|':
		n /= 2
	}
	dst = appendHeader(dst, v.Kind, int64(n))
	for _, e := range v.Elems {
		dst = e.Append(dst)
	}
	return dst
}
