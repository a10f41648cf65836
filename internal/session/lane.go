package session

import "github.com/valetkey/valetkey/internal/resp"

// What follows is the way for what nearly all traffic is: whole requests that change nothing, and replies to them of one element. It decides
// nothing. Where it takes nothing, request.go and reply.go decide, and what it takes they would take in the same way.

// passRequest takes the ordinary request at the head of p, if p has all of it, and accounts for it.
func (m *Machine) passRequest(p []byte) (n int) {
	if m.begun || m.oneShot || m.skip || m.silent || m.opaque || m.Translating() || !m.req.AtBoundary() {
		return 0
	}
	n, name := m.req.Whole(p)
	if n == 0 || !changesNothing(name) {
		return 0
	}
	m.owe.add(expectation{n: 1})
	return n
}

// changesNothing reports whether a command is an ordinary one, whatever its arguments.
func changesNothing(name []byte) bool {
	if len(name) < 4 { // the shortest of the others
		return len(name) > 0
	}
	if len(name) > 12 { // the longest
		return true
	}
	var lower [12]byte
	for i, b := range name {
		lower[i] = fold(b)
	}
	switch string(lower[:len(name)]) {
	case "client", "script", "cluster":
		return false
	}
	return byName(string(lower[:len(name)])) == ordinary
}

// passReplies takes the replies of one element at the head of p that answer ordinary requests. Where nodes are renamed, an error may name
// one, and what is QUEUED is counted.
func (m *Machine) passReplies(p []byte) (n int) {
	h := m.owe.head()
	if h == nil || h.kind != plain || m.monitoring || m.Rename != nil && m.multi || !m.rep.AtBoundary() {
		return 0
	}
	count := int32(0)
	for count < h.n && n < len(p) && (p[n] != '-' || m.Rename == nil) {
		k := resp.Whole(p[n:])
		if k == 0 {
			break
		}
		n += k
		count++
	}
	if h.n -= count; h.n == 0 {
		m.owe.pop()
	}
	return n
}
