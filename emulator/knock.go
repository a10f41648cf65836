package emulator

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"io"
	"net"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

const (
	// tlsHandshake is the first byte of TLS.
	tlsHandshake = 0x16
	// knockLimit bounds the wait for a replica to say who it is.
	knockLimit = 10 * time.Second
)

// replicasCome reports whether replicas come by the endpoint. A node of a cluster announces one address, and both clients and
// replicas go there: the clients with TLS, the replicas without, and with the engine's own password.
func (s *Server) replicasCome(e *endpoint) bool {
	return s.tls != nil && e.node != nil && s.config.Profile.clustered() && s.config.program() != "" && len(s.deployment.nodes) > 1
}

// sort gives clients to the gate, and passes replicas on.
func (s *Server) sort(raw net.Conn, e *endpoint) {
	done := make(chan struct{})
	defer close(done)
	defer context.AfterFunc(s.ctx, func() { // until somebody else is answerable for the connection
		select {
		case <-done:
		default:
			raw.Close()
		}
	})()
	c := knocking{Conn: raw, r: bufio.NewReader(raw)}
	first, err := c.r.Peek(1)
	switch {
	case err != nil:
		raw.Close()
	case first[0] == tlsHandshake:
		s.take(c, e)
	default:
		s.knock(c, e.node)
	}
}

// A knocking connection has been looked at, but nothing was taken from it.
type knocking struct {
	net.Conn
	r *bufio.Reader
}

func (k knocking) Read(p []byte) (int, error) { return k.r.Read(p) }

// knock lets a replica through to the node, and nobody else: it says PING, hears that it must authenticate, and does, with the
// password that only the engine's own processes have.
func (s *Server) knock(c knocking, n *node) {
	defer c.Close()
	back, _ := n.backend.(*upstream)
	c.SetReadDeadline(time.Now().Add(knockLimit))
	if back == nil || !c.says(resp.AppendCommand(nil, "PING")) {
		s.emit(Event{Kind: Refused, Reason: HandshakeFailed, Detail: "first record does not look like a TLS handshake", Remote: c.RemoteAddr().String()})
		return
	}
	c.r.Discard(len(resp.AppendCommand(nil, "PING")))
	if _, err := c.Write(resp.AppendError(nil, "NOAUTH Authentication required.")); err != nil {
		return
	}
	if !c.says(resp.AppendCommand(nil, "AUTH", back.password)) {
		s.emit(Event{Kind: Refused, Reason: HandshakeFailed, Detail: "PING without TLS", Remote: c.RemoteAddr().String()})
		return
	}
	c.SetReadDeadline(time.Time{})
	splice(c, back)
}

// says reports whether the next bytes are these, which are left where they are. It waits for no more than it needs to know.
func (k knocking) says(want []byte) bool {
	for have := 1; have <= len(want); have++ {
		got, err := k.r.Peek(have)
		if err != nil || got[have-1] != want[have-1] && subtle.ConstantTimeCompare(got, want[:have]) == 0 {
			return false
		}
		have = max(have, min(k.r.Buffered(), len(want)))
		if have == len(want) {
			got, err := k.r.Peek(have)
			return err == nil && bytes.Equal(got, want)
		}
	}
	return false
}

// splice copies both ways until either ends.
func splice(c net.Conn, to *upstream) {
	b, err := net.Dial(to.network, to.addr)
	if err != nil {
		return
	}
	defer b.Close()
	go func() {
		io.Copy(b, c)
		b.Close()
	}()
	io.Copy(c, b)
}
