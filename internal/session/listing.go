package session

import (
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/topology"
)

// maxListing bounds a reply that is kept to be rewritten: that of a cluster of a thousand nodes has less than a tenth of it.
const maxListing = 16 << 20

// errUnlistable ends a connection on which the reply to the client's request could not be found, and would name nodes to which it
// must not connect.
var errUnlistable = &resp.ProtocolError{Text: "valetkey: CLUSTER cannot be asked in this state of the connection: ask on another one, or set --cluster off"}

// formOf tells a request that asks where a cluster's nodes are.
func formOf(r *resp.RequestScanner) topology.Form {
	if r.Argc() < 2 || !argIs(r, 0, "cluster") {
		return topology.None
	}
	switch {
	case argIs(r, 1, "slots"):
		return topology.Slots
	case argIs(r, 1, "shards"):
		return topology.Shards
	case argIs(r, 1, "nodes"):
		return topology.Nodes
	case argIs(r, 1, "replicas"), argIs(r, 1, "slaves"):
		return topology.Replicas
	}
	return topology.None
}

// attends reports whether every request is looked at, even where the replies are not followed.
func (m *Machine) attends() bool { return m.Login != nil || m.Rename != nil }

// unlistable refuses a request that asks where nodes are if its reply could not be told from others.
func (m *Machine) unlistable() error {
	if !m.opaque && !m.silent && !m.skip && !m.doubt && m.owe.vague == 0 || !m.asksCluster() {
		return nil
	}
	if !m.opaque && !m.silent && !m.skip && (!m.Doubtful() || m.settling() != None) {
		return nil
	}
	m.broken = errUnlistable
	return m.broken
}

// asksCluster reports whether the request whose name is known may ask where nodes are.
func (m *Machine) asksCluster() bool {
	return m.Rename != nil && m.req.Named() && argIs(&m.req, 0, "cluster")
}

// lost reports whether the request whose name is known asks where nodes are while the number of replies due is in doubt.
func (m *Machine) lost() bool { return (m.doubt || m.owe.vague > 0) && m.asksCluster() && m.Doubtful() }

// noteListing keeps what requests decide about the nodes that are asked for.
func (m *Machine) noteListing(c command) {
	switch c {
	case cmdListing:
		m.lists = m.lists || m.inside()
	case cmdDiscard: // with an argument it is refused, and the transaction goes on
		m.lists = m.lists && m.req.Argc() > 1
	case cmdExec, cmdReset:
		m.lists = false
	}
	if m.lists && m.opaque { // EXEC's reply would not be known
		m.broken = errUnlistable
	}
}

func (m *Machine) expectListing() expectation {
	if m.Rename == nil {
		return expectation{n: 1}
	}
	m.forms++
	return expectation{kind: listing, n: 1, form: formOf(&m.req)}
}

// blind reports whether replies are passed on unseen. Where nodes are renamed, errors may name some in every state.
func (m *Machine) blind() bool {
	return m.opaque && len(m.answers) == 0 && (m.Rename == nil || m.unframed)
}

// keeps reports whether p begins with a value that names nodes, or may become one.
func (m *Machine) keeps(p []byte) bool {
	if m.Rename == nil || !m.rep.AtBoundary() || p[0] == '>' {
		return false
	}
	if p[0] == '-' {
		return topology.Redirects(p)
	}
	if m.forms == 0 && len(m.listed) == 0 {
		return false
	}
	m.owe.dropAnswered()
	h := m.owe.head()
	if h != nil && h.kind.pushes() && p[0] != '+' { // as in answered
		m.owe.pop()
		h = m.owe.head()
	}
	return h != nil && (h.kind == listing || h.kind == exec && len(m.listed) > 0)
}

// keep takes a piece of a value that names nodes, and passes the value on, with the nodes renamed, when it is whole.
func (m *Machine) keep(p []byte, done bool) error {
	if m.kept = append(m.kept, p...); len(m.kept) > maxListing {
		return &resp.ProtocolError{Text: "Protocol error: too big a list of nodes"}
	}
	if !done {
		return nil
	}
	if h := m.owe.head(); m.kept[0] == '-' {
		m.out = topology.Rewrite(m.out, m.kept, topology.None, m.Rename)
	} else if h.kind == exec {
		m.out = topology.RewriteElements(m.out, m.kept, m.listed, m.Rename)
	} else {
		m.out = topology.Rewrite(m.out, m.kept, h.form, m.Rename)
	}
	m.kept = nil
	return nil
}

// letGo handles bytes that cannot be framed among values that are looked at one by one. A stream that is not followed goes on unseen.
func (m *Machine) letGo(p []byte, err error) error {
	if !m.opaque || m.injected || len(m.answers) > 0 {
		return err
	}
	m.out = append(append(m.out, m.kept...), p...)
	m.unframed, m.keeping, m.kept = true, false, nil
	return nil
}

// enqueue takes note of the place in EXEC's reply that a command will have.
func (m *Machine) enqueue(h *expectation, kind byte) {
	if kind != '+' || string(m.rep.Head()) != "QUEUED" {
		return
	}
	if h.form != topology.None {
		if m.listed == nil {
			m.listed = map[int]topology.Form{}
		}
		m.listed[m.queued] = h.form
	}
	m.queued++
}
