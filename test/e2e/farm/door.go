package farm

import (
	"bufio"
	"io"
	"net"
	"sync"
)

// A door listens at the address that a node announces. Clients come with TLS and are let in to the emulator; what comes in plain text is a
// replica of the node, which knows no other address of it, and is let through to the server itself.
type door struct {
	ln      net.Listener
	tls     *hall
	backend string
}

func openDoor(backend string) (*door, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{ln: ln, backend: backend, tls: &hall{addr: ln.Addr(), conns: make(chan net.Conn), closed: make(chan struct{})}}
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
	b, err := net.Dial("tcp", d.backend)
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
}

func (h *hall) take(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.closed:
		c.Close()
	}
}

func (h *hall) Accept() (net.Conn, error) {
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
