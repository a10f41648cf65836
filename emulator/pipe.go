package emulator

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// memoryBuffer is how much one direction of an in-memory client connection holds before a writer waits: as much as the
// socket buffers of a loopback connection, so that a client that writes a pipeline before it reads works in both.
const memoryBuffer = 1 << 20

// newPipe returns the two ends of an in-memory connection. Unlike net.Pipe it buffers: up to limit bytes in each
// direction, without a bound where limit is 0. Both ends have deadlines and CloseWrite, and block only in ways that
// testing/synctest understands.
func newPipe(limit int, a, b net.Addr) (*pipeConn, *pipeConn) {
	ab, ba := newPipeHalf(limit), newPipeHalf(limit)
	return &pipeConn{in: ba, out: ab, local: a, remote: b}, &pipeConn{in: ab, out: ba, local: b, remote: a}
}

// A pipeConn is one end of an in-memory connection.
type pipeConn struct {
	in, out       *pipeHalf
	local, remote net.Addr
}

func (c *pipeConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *pipeConn) Write(p []byte) (int, error) { return c.out.write(p) }

// CloseWrite lets the other end read what is buffered and then io.EOF, as a TCP half-close does.
func (c *pipeConn) CloseWrite() error { c.out.closeWrite(); return nil }

func (c *pipeConn) Close() error {
	c.out.closeWrite()
	c.in.closeRead()
	return nil
}

func (c *pipeConn) LocalAddr() net.Addr  { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr { return c.remote }

func (c *pipeConn) SetReadDeadline(t time.Time) error { c.in.setDeadline(&c.in.reading, t); return nil }
func (c *pipeConn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writing, t)
	return nil
}
func (c *pipeConn) SetDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.reading, t)
	c.out.setDeadline(&c.out.writing, t)
	return nil
}

// A pipeHalf is one direction: a queue of bytes between one writing and one reading end.
type pipeHalf struct {
	limit int

	mu               sync.Mutex
	changed          *sync.Cond
	held             []byte // held[off:] is not read yet
	off              int
	noReader, ended  bool
	reading, writing pipeDeadline
}

func newPipeHalf(limit int) *pipeHalf {
	h := &pipeHalf{limit: limit}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *pipeHalf) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.noReader:
			return 0, net.ErrClosed
		case h.reading.passed():
			return 0, os.ErrDeadlineExceeded
		case h.off < len(h.held):
			return h.take(p), nil
		case h.ended:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		h.changed.Wait()
	}
}

func (h *pipeHalf) take(p []byte) int {
	n := copy(p, h.held[h.off:])
	h.off += n
	if h.off == len(h.held) {
		h.off, h.held = 0, h.held[:0]
		if cap(h.held) > memoryBuffer {
			h.held = nil
		}
	}
	h.changed.Broadcast()
	return n
}

func (h *pipeHalf) write(p []byte) (written int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.ended:
			return written, net.ErrClosed
		case h.noReader:
			return written, io.ErrClosedPipe
		case h.writing.passed():
			return written, os.ErrDeadlineExceeded
		case len(p) == 0:
			return written, nil
		}
		n := h.put(p)
		written, p = written+n, p[n:]
		if len(p) > 0 {
			h.changed.Wait()
		}
	}
}

// put takes as much of p as there is room for.
func (h *pipeHalf) put(p []byte) int {
	n := len(p)
	if h.limit > 0 {
		n = min(n, h.limit-(len(h.held)-h.off))
	}
	if n == 0 {
		return 0
	}
	if h.off > len(h.held)/2 {
		h.held, h.off = append(h.held[:0], h.held[h.off:]...), 0
	}
	h.held = append(h.held, p[:n]...)
	h.changed.Broadcast()
	return n
}

func (h *pipeHalf) closeWrite() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	h.writing.stop()
	h.changed.Broadcast()
}

func (h *pipeHalf) closeRead() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noReader, h.held, h.off = true, nil, 0
	h.reading.stop()
	h.changed.Broadcast()
}

func (h *pipeHalf) setDeadline(d *pipeDeadline, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.stop()
	d.at = t
	if !t.IsZero() && !h.noReader {
		d.timer = time.AfterFunc(time.Until(t), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.changed.Broadcast()
		})
	}
	h.changed.Broadcast()
}

// A pipeDeadline is when a pending read or write gives up; the zero one never does.
type pipeDeadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *pipeDeadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *pipeDeadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// A memoryAddr is the address of an end that has no socket.
type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }
