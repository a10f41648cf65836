package emulator

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/valetkey/valetkey/internal/resp"
)

// A backend is what stands behind the emulator. Every client connection that has authenticated has its own connection to it.
type backend interface {
	dial(ctx context.Context) (backendConn, error)
	// hungUp is called when a client has closed its side, and returns when done is closed: when the backend has seen it.
	hungUp(done <-chan struct{})
	close()
	// clientReply reports whether the backend knows CLIENT REPLY, which changes how its replies are counted.
	clientReply() bool
	// resets reports whether it knows RESET.
	resets() bool
}

// A backendConn can end one direction, so that what a client sent before it hung up is still carried out.
type backendConn interface {
	net.Conn
	CloseWrite() error
}

// embedded is miniredis, in this process and without a socket.
type embedded struct{ engine *miniredis.Miniredis }

func newEmbedded() (*embedded, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // keys expire as time passes, as in a real server
	first, err := m.Dial()
	if err != nil {
		return nil, fmt.Errorf("emulator: starting the embedded engine: %w", err)
	}
	return &embedded{engine: m}, first.Close()
}

// dial connects through a pipe without a bound: the engine writes replies and published messages while it holds its lock,
// and a client that does not read must not stop it. Real servers have such buffers too.
func (e *embedded) dial(context.Context) (backendConn, error) {
	ours, theirs := newPipe(0, memoryAddr("emulator"), memoryAddr("engine"))
	e.engine.Server().ServeConn(theirs)
	return ours, nil
}

// hungUp wakes the engine's blocked commands until the client's has ended: they look for a closed client only when something
// happens, and the engine may see what happens here before it sees that the client is gone.
func (e *embedded) hungUp(done <-chan struct{}) {
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) {
		e.engine.Del("")
		timer := time.NewTimer(wait)
		select {
		case <-done:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (e *embedded) close()            { e.engine.Close() }
func (e *embedded) clientReply() bool { return false }
func (e *embedded) resets() bool      { return false }

// upstream is a real server.
type upstream struct{ network, addr, user, password string }

func (u *upstream) dial(ctx context.Context) (backendConn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, u.network, u.addr)
	if err != nil {
		return nil, err
	}
	if err := u.login(c); err != nil {
		c.Close()
		return nil, err
	}
	return c.(backendConn), nil // as TCP and unix sockets are
}

func (u *upstream) login(c net.Conn) error {
	if u.password == "" {
		return nil
	}
	args := []string{"AUTH", u.password}
	if u.user != "" {
		args = []string{"AUTH", u.user, u.password}
	}
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		return err
	}
	reply, err := resp.NewReplyReader(c).Next()
	if err != nil {
		return err
	}
	if reply.Kind == '-' {
		return fmt.Errorf("the upstream server refuses the emulator's own password: %s", reply.Head)
	}
	return nil
}

func (u *upstream) hungUp(done <-chan struct{}) { <-done }
func (u *upstream) close()                      {}
func (u *upstream) clientReply() bool           { return true }
func (u *upstream) resets() bool                { return true }
