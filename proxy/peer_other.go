//go:build !linux

package proxy

import "net"

const peersKnown = false

func peerOf(net.Conn) (Peer, error) { return Peer{}, ErrNoPeers }
