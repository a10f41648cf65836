package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Dial connects to the server in memory: what a client's dialer option wants. The address chooses the endpoint; any other than
// those of [Server.Endpoints] leads to the first. The connection is the transport, so a client does TLS over it as over a socket. It buffers like a socket, has deadlines, and
// blocks only in ways that testing/synctest understands.
func (s *Server) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	client, server := newPipe(memoryBuffer, memoryAddr("client"), memoryAddr(memoryAddress))
	if s.take(server, s.deployment.at(address)) {
		return client, nil
	}
	client.Close()
	if s.ctx.Err() != nil {
		return nil, ErrClosed
	}
	return nil, fmt.Errorf("emulator: %w", errors.New("connection refused"))
}
