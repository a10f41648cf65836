package proxy

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

const peersKnown = true

// peerOf asks the kernel, which has noted the client's credentials when it connected (SO_PEERCRED, unix(7)).
func peerOf(conn net.Conn) (Peer, error) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return Peer{}, fmt.Errorf("%T is no socket", conn)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred *syscall.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err := errors.Join(err, failed); err != nil {
		return Peer{}, err
	}
	return Peer{PID: cred.Pid, UID: cred.Uid, GID: cred.Gid}, nil
}
