package emulator

import (
	"bufio"
	"net"

	"github.com/valetkey/valetkey/internal/resp"
)

// replies is the way to the client. Two goroutines use it: the one that relays and the one that answers for the emulator.
type replies struct {
	// held is a lock that can be waited for under testing/synctest, where waiting for a sync.Mutex stops the clock.
	held chan struct{}
	w    *bufio.Writer
}

func newReplies(c net.Conn) *replies {
	return &replies{held: make(chan struct{}, 1), w: bufio.NewWriter(c)}
}

func (r *replies) lock()   { r.held <- struct{}{} }
func (r *replies) unlock() { <-r.held }

// send writes a reply of the emulator's own, at once.
func (r *replies) send(p []byte) error {
	r.lock()
	defer r.unlock()
	r.w.Write(p)
	return r.w.Flush()
}

// trySendError sends an error unless something else is being sent.
func (r *replies) trySendError(text string) {
	select {
	case r.held <- struct{}{}:
		defer r.unlock()
		r.w.Write(resp.AppendError(nil, text))
		r.w.Flush()
	default:
	}
}

func (r *replies) sendError(text string) error  { return r.send(resp.AppendError(nil, text)) }
func (r *replies) sendSimple(text string) error { return r.send(resp.AppendSimple(nil, text)) }
