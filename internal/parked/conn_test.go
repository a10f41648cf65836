package parked

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"
)

// pair is two ends of a connection, the first parkable.
func pair(t *testing.T) (*Conn, net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	near, far := join(t, ln)
	t.Cleanup(func() { near.Close(); far.Close() })
	near.Conn.SetDeadline(time.Now().Add(20 * time.Second))
	far.SetDeadline(time.Now().Add(20 * time.Second))
	return near, far
}

// join is one more pair, of a listener's.
func join(t *testing.T, ln net.Listener) (*Conn, net.Conn) {
	t.Helper()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return New(near), far
}

// drain reads as a relay does: it tries until there is nothing, and parks.
func drain(c *Conn, r io.Reader) ([]byte, error) {
	var all []byte
	buf := make([]byte, 1000)
	for {
		c.Try(true)
		n, err := r.Read(buf)
		c.Try(false)
		all = append(all, buf[:n]...)
		switch {
		case errors.Is(err, ErrEmpty):
			if err := c.Park(); err != nil {
				return all, err
			}
		case err == io.EOF:
			return all, nil
		case err != nil:
			return all, err
		}
	}
}

// noise is bytes and how they are cut up.
func noise(t *testing.T) (sent []byte, pieces [][]byte) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		piece := make([]byte, 1+r.IntN(40_000)>>r.IntN(16))
		for i := range piece {
			piece[i] = byte(r.Uint32())
		}
		sent, pieces = append(sent, piece...), append(pieces, piece)
	}
	return sent, pieces
}

// Nothing is missed between trying and parking, whatever sizes things come in, below TLS neither.
func TestParkMissesNothing(t *testing.T) {
	sent, pieces := noise(t)
	write := func(w io.WriteCloser) {
		for _, p := range pieces {
			if _, err := w.Write(p); err != nil {
				t.Error(err)
			}
		}
		w.Close()
	}
	t.Run("plain", func(t *testing.T) {
		near, far := pair(t)
		go write(far)
		if got, err := drain(near, near); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%d bytes of %d (%v)", len(got), len(sent), err)
		}
	})
	t.Run("TLS", func(t *testing.T) {
		near, far := pair(t)
		go write(tls.Server(far, serverConfig(t)))
		client := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
		if err := client.Handshake(); err != nil {
			t.Fatal(err)
		}
		if got, err := drain(near, client); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%d bytes of %d (%v)", len(got), len(sent), err)
		}
	})
}

// A parked reader is woken by its deadline, moved while it waits, and by Close.
func TestParkEnds(t *testing.T) {
	near, _ := pair(t)
	go near.SetReadDeadline(time.Unix(1, 0))
	if err := near.Park(); !os.IsTimeout(err) {
		t.Errorf("Park ended with %v, want a timeout", err)
	}
	near.SetReadDeadline(time.Time{})
	go near.Close()
	if err := near.Park(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Park ended with %v, want %v", err, net.ErrClosed)
	}
}

// A connection around one of net's reads and writes as it means to.
func TestParkAroundAConnection(t *testing.T) {
	near, far := pair(t)
	c := New(louder{near.Conn.(*net.TCPConn)})
	go func() { far.Write([]byte("abc")); far.Close() }()
	if got, err := drain(c, c); err != nil || string(got) != "ABC" || c.Possible() {
		t.Errorf("read %q (%v, possible %v)", got, err, c.Possible())
	}
}

// louder reads capital letters.
type louder struct{ *net.TCPConn }

func (l louder) Read(p []byte) (int, error) {
	n, err := l.TCPConn.Read(p)
	copy(p, bytes.ToUpper(p[:n]))
	return n, err
}

// A connection without a descriptor is read as before.
func TestParkWithoutDescriptor(t *testing.T) {
	near, far := net.Pipe()
	c := New(near)
	go func() { far.Write([]byte("abc")); far.Close() }()
	if got, err := drain(c, c); err != nil || string(got) != "abc" || c.Possible() {
		t.Errorf("read %q (%v, possible %v)", got, err, c.Possible())
	}
}
