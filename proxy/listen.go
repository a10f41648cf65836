package proxy

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Listen listens on "HOST:PORT", or on "unix:PATH": a socket that its owner alone can use (mode 0600), at no moment anybody else. A
// socket that a dead process has left behind is replaced, one that answers is not.
func Listen(addr string) (net.Listener, error) {
	path, ok := strings.CutPrefix(addr, "unix:")
	if !ok {
		return net.Listen("tcp", addr)
	}
	ln, err := listenUnix(path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return ln, nil
}

// listenUnix makes the socket in a directory that nobody else can enter, and moves it to its place when its mode is right.
func listenUnix(path string) (net.Listener, error) {
	if path == "" {
		return nil, errors.New("no path: write unix:PATH")
	}
	if err := vacant(path); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".v")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	hidden := filepath.Join(dir, "s")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: hidden, Net: "unix"})
	if err != nil {
		return nil, tooLong(err, hidden)
	}
	ln.SetUnlinkOnClose(false) // its name will be another
	if err := errors.Join(os.Chmod(hidden, 0o600), os.Rename(hidden, path)); err != nil {
		ln.Close()
		return nil, err
	}
	made, err := os.Lstat(path)
	if err != nil {
		ln.Close()
		return nil, err
	}
	return &socket{UnixListener: ln, path: path, made: made}, nil
}

// vacant reports whether a socket may be put at path.
func vacant(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSocket == 0:
		return fmt.Errorf("%w, and is no socket", fs.ErrExist)
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
	}
	if errors.Is(err, syscall.ECONNREFUSED) { // nobody is there any more
		return nil
	}
	return syscall.EADDRINUSE
}

// tooLong explains the error for a path that does not fit into a socket's address.
func tooLong(err error, path string) error {
	const most = 103 // of the systems that Go runs on the least
	if errors.Is(err, syscall.EINVAL) && len(path) > most {
		return fmt.Errorf("%w: the path is too long for a socket", err)
	}
	return err
}

// A socket is a listener that has been moved, and removes its file at the end.
type socket struct {
	*net.UnixListener
	path string
	made fs.FileInfo
}

// Addr is where the socket is now.
func (s *socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }

// Close removes the file, unless somebody has replaced it.
func (s *socket) Close() error {
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.made) {
		os.Remove(s.path)
	}
	return s.UnixListener.Close()
}
