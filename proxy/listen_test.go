package proxy

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// socketDir is short enough for a socket, which not every system's t.TempDir is.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestUnixSocket(t *testing.T) {
	u := startUpstream(t)
	path := filepath.Join(socketDir(t), "cache.sock")
	s := &Server{Addr: u.ln.Addr().String()}
	s.Dialer.Source, s.Dialer.Plaintext = source{}, true
	ln, err := Listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if ln.Addr().String() != path {
		t.Errorf("it listens on %s, want %s", ln.Addr(), path)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v (%v), want 0600", info.Mode(), err)
	}
	serve(t, s, ln)
	dial(t, "unix", path).ask("AUTH x\r\nPING", "+OK\r\n+PONG\r\n")
	if _, err := Listen("unix:" + path); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second listener: %v, want that the address is in use", err)
	}
	s.Close()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}

// A socket whose process has died is replaced, with the mode that a new one has.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(socketDir(t), "s")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	old.Close()
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	ln, err := Listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
	// Another process has taken the path since: its socket stays.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("closing removed what another has put there: %v", err)
	}
}

func TestListenRefuses(t *testing.T) {
	dir := socketDir(t)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen("unix:" + file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("on a file: %v", err)
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "precious" {
		t.Errorf("the file has been touched: %q, %v", content, err)
	}
	for addr, want := range map[string]string{
		"unix:": "no path", "unix:" + filepath.Join(dir, "none", "s"): "no such file", "unix:" + filepath.Join(dir, strings.Repeat("x", 200)): "",
		"127.0.0.1:x": "", "nonsense": "missing port",
	} {
		if ln, err := Listen(addr); err == nil && len(addr) < 150 || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Listen(%q): %v, %v", addr, ln, err)
		}
	}
}
