package proxy

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

// A Peer is the process at the other end of a Unix socket: who it was when it connected, as the kernel says.
type Peer struct {
	PID      int32
	UID, GID uint32 // the effective ones; not the further groups
}

// ErrNoPeers refuses a listener whose clients cannot be told apart, if only some may connect.
var ErrNoPeers = errors.New("only Unix sockets on Linux say who connects")

// choosy reports whether only some processes may connect.
func (s *Server) choosy() bool { return len(s.AllowUIDs) > 0 || len(s.AllowGIDs) > 0 }

// canChoose reports whether the clients of a listener say who they are.
func canChoose(a net.Addr) bool { return peersKnown && a.Network() == "unix" }

// identify ends a client that may not connect.
func (c *client) identify() *ending {
	if !c.srv.choosy() {
		return nil
	}
	p, err := peerOf(c.conn)
	if err != nil {
		err = fmt.Errorf("cannot tell who connects: %w", err)
		c.srv.log.Error("refused a client", "err", err)
		return &ending{reason: Forbidden, err: err, text: "ERR valetkey: " + line(err)}
	}
	if slices.Contains(c.srv.AllowUIDs, p.UID) || slices.Contains(c.srv.AllowGIDs, p.GID) {
		return nil
	}
	if n, due := c.srv.facts.worthALine(fmt.Sprint("peer ", p.UID, p.GID), time.Now()); due {
		c.srv.log.Warn("refused a client: its user and group may not use this socket", "uid", p.UID, "gid", p.GID, "pid", p.PID, "unlogged", n)
	}
	err = fmt.Errorf("user %d and group %d may not use this socket", p.UID, p.GID)
	return &ending{reason: Forbidden, err: err, text: "ERR valetkey: " + err.Error()}
}
