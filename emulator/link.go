package emulator

import (
	"bufio"
	"strconv"
	"sync/atomic"

	"github.com/valetkey/valetkey/internal/resp"
)

// relayBuffer is how much of the backend's replies is read at once. Replies are passed on as they come, whatever their size.
const relayBuffer = 16 << 10

// A link is the backend connection of one client. The client's goroutine writes to it; one of its own relays the replies.
type link struct {
	conn    backendConn
	w       *bufio.Writer
	track   *tracker
	out     *replies
	dropped atomic.Bool   // ended by RESET: the client stays
	done    chan struct{} // closed when the last reply was relayed
}

func newLink(conn backendConn, out *replies) *link {
	return &link{conn: conn, w: bufio.NewWriter(conn), track: newTracker(), out: out, done: make(chan struct{})}
}

// forward sends one command.
func (l *link) forward(name string, cmd resp.Command) error {
	l.skip(l.track.sent(name, len(cmd.Args)))
	return l.write(cmd)
}

// skip tells the backend not to answer the next command. An error sticks to the writer.
func (l *link) skip(needed bool) {
	if needed {
		l.w.Write(resp.AppendCommand(nil, "CLIENT", "REPLY", "SKIP"))
	}
}

// hello sends HELLO, without AUTH.
func (l *link) hello(version int) error {
	l.skip(l.track.sentHello(version))
	_, err := l.w.Write(resp.AppendCommand(nil, "HELLO", strconv.Itoa(version)))
	return err
}

// write sends the command's bytes. Inline commands are written in the usual form: not every engine reads them.
func (l *link) write(cmd resp.Command) error {
	raw := cmd.Raw
	if cmd.Inline {
		args := make([]string, len(cmd.Args))
		for i, a := range cmd.Args {
			args[i] = string(a)
		}
		raw = resp.AppendCommand(nil, args...)
	}
	_, err := l.w.Write(raw)
	return err
}

// instead sends a command of the emulator's own; the client gets with in place of its reply.
func (l *link) instead(with []byte, args ...string) error {
	l.skip(l.track.sentInstead(with))
	_, err := l.w.Write(resp.AppendCommand(nil, args...))
	return err
}

// settle waits until every command sent has been answered.
func (l *link) settle() (connState, bool) {
	if err := l.w.Flush(); err != nil {
		return connState{}, false
	}
	return l.track.settle()
}

// relay passes the backend's replies on until either side is gone.
func (l *link) relay() {
	defer close(l.done)
	defer l.track.die()
	f := frameRelay{link: l}
	defer f.release()
	buf := make([]byte, relayBuffer)
	for {
		n, err := l.conn.Read(buf)
		if !f.pass(buf[:n]) || err != nil {
			return
		}
	}
}

// A frameRelay passes on one frame after another, holding the client's reply writer from a frame's start to its end so that
// nothing of the emulator's own lands in the middle.
type frameRelay struct {
	*link
	scan    resp.ReplyScanner
	holding bool
	discard bool
	size    int // of the frame so far
}

// pass relays p and reports whether to go on.
func (f *frameRelay) pass(p []byte) bool {
	for len(p) > 0 {
		f.begin(p)
		n, done, err := f.scan.Scan(p)
		if !f.discard {
			f.out.w.Write(p[:n]) // an error sticks to the writer and is seen at the flush
		}
		if err != nil {
			return false
		}
		f.size += n
		if done {
			f.track.got(f.kind(), f.scan.Head(), f.scan.LastInt())
			f.discard, f.size = false, 0
		}
		p = p[n:]
	}
	if !f.holding {
		return true
	}
	err := f.out.w.Flush()
	if f.scan.AtBoundary() {
		f.release()
	}
	return err == nil
}

// kind is the frame's type; RESP2's null array counts as a null.
func (f *frameRelay) kind() byte {
	if f.scan.Kind() == '*' && f.size == len("*-1\r\n") {
		return '_'
	}
	return f.scan.Kind()
}

// begin starts the frame at the head of p where the last one has ended.
func (f *frameRelay) begin(p []byte) {
	if !f.holding {
		f.out.lock()
		f.holding = true
	}
	if !f.scan.AtBoundary() {
		return
	}
	if with, ok := f.track.substitute(p); ok {
		f.discard = true
		f.out.w.Write(with)
	}
}

func (f *frameRelay) release() {
	if f.holding {
		f.holding = false
		f.out.unlock()
	}
}

// reset forwards RESET, whose reply comes behind all that the backend prints to monitors and subscribers: those are owed nothing and cannot
// be counted. It ends CLIENT REPLY OFF.
func (l *link) reset(cmd resp.Command) (alive bool) {
	l.track.endMute()
	if l.forward("RESET", cmd) != nil {
		return false
	}
	_, alive = l.settle()
	return alive
}

// drop ends the link when the backend has let go of it: of its subscriptions and of what it watched. Nothing may be owed.
func (l *link) drop(b backend) {
	l.dropped.Store(true)
	l.conn.CloseWrite()
	b.hungUp(l.done)
	l.conn.Close()
}
