package farm

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/valetkey/valetkey/internal/resp"
)

// A door listens at the address that a node announces. Clients come with TLS and are let in to the emulator; what comes in plain text is a
// replica of the node, which knows no other address of it, and is let through to the server itself. One that says what a replica does not say
// is a stranger.
type door struct {
	ln       net.Listener
	tls      *hall
	backend  atomic.Pointer[string] // nil until the server runs
	stranger func(command string)
}

func openDoor(stranger func(string)) (*door, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{ln: ln, stranger: stranger, tls: &hall{addr: ln.Addr(), conns: make(chan net.Conn), closed: make(chan struct{}), there: make(chan struct{})}}
	go d.accept()
	return d, nil
}

func (d *door) port() int { return d.ln.Addr().(*net.TCPAddr).Port }

// Close closes the door behind those who are in.
func (d *door) Close() error {
	d.tls.Close()
	return d.ln.Close()
}

func (d *door) accept() {
	for {
		c, err := d.ln.Accept()
		if err != nil {
			return
		}
		go d.admit(c)
	}
}

// handshake is the first byte of TLS.
const handshake = 0x16

func (d *door) admit(c net.Conn) {
	r := bufio.NewReader(c)
	first, err := r.Peek(1)
	switch {
	case err != nil:
		c.Close()
	case first[0] == handshake:
		d.tls.take(peeked{c, r})
	default:
		d.splice(peeked{c, r})
	}
}

func (d *door) splice(c net.Conn) {
	defer c.Close()
	backend := d.backend.Load()
	if backend == nil {
		return
	}
	b, err := net.Dial("tcp", *backend)
	if err != nil {
		return
	}
	defer b.Close()
	go func() {
		io.Copy(b, io.TeeReader(c, &guard{stranger: d.stranger}))
		b.Close()
	}()
	io.Copy(c, b)
}

// A guard listens to what comes in.
type guard struct {
	scan     resp.RequestScanner
	lost     bool
	stranger func(string)
}

func (g *guard) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && !g.lost; {
		n, done, err := g.scan.Scan(rest)
		if rest, g.lost = rest[n:], err != nil; !done {
			continue
		}
		switch name, _ := g.scan.Arg(0); strings.ToUpper(string(name)) {
		case "PING", "AUTH", "REPLCONF", "PSYNC", "SYNC":
		default:
			g.stranger(string(name))
		}
	}
	return len(p), nil
}

// A peeked connection has been looked at.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// A hall is the listener of those who have been let in.
type hall struct {
	addr    net.Addr
	conns   chan net.Conn
	closing sync.Once
	closed  chan struct{}
	coming  sync.Once
	there   chan struct{} // closed when somebody first asks who has come
}

func (h *hall) take(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.closed:
		c.Close()
	}
}

func (h *hall) Accept() (net.Conn, error) {
	h.coming.Do(func() { close(h.there) })
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *hall) Close() error {
	h.closing.Do(func() { close(h.closed) })
	return nil
}

func (h *hall) Addr() net.Addr { return h.addr }
