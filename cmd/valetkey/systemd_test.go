//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/verify"
)

// shortDir is short enough for a socket, which not every system's t.TempDir is.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// startCache is an emulated cache called orders, with the environment and the flags that reach it.
func startCache(t *testing.T, change ...func(*emulator.Config)) (srv *emulator.Server, env, flags []string) {
	t.Helper()
	dir := t.TempDir()
	srv = emulator.New(t, append(change, func(c *emulator.Config) {
		c.Name, c.Region, c.Users, c.TLSDir = "orders", "eu-west-1", []emulator.User{{Name: "app"}}, dir
		c.Keys = []verify.Key{{ID: "fakeAccessKeyId", Secret: "fakeSecretKey"}}
	})...)
	none := filepath.Join(dir, "none")
	env = append(os.Environ(), "AWS_ACCESS_KEY_ID=fakeAccessKeyId", "AWS_SECRET_ACCESS_KEY=fakeSecretKey", "AWS_SESSION_TOKEN=",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none)
	return srv, env, []string{"--ca-file", filepath.Join(dir, "ca.pem"), "rediss://app@" + srv.Addr() + "?name=orders&region=eu-west-1"}
}

// runPassing starts valetkey with sockets as systemd passes them, and with its log to lines.
func runPassing(t *testing.T, env []string, names string, files []*os.File, args ...string) *background {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", `export LISTEN_PID=$$; exec valetkey "$@"`, "sh"}, args...)...)
	cmd.Env = append(slices.Clone(env), fmt.Sprint("LISTEN_FDS=", len(files)), "LISTEN_FDNAMES="+names)
	cmd.ExtraFiles = files
	return startBackground(t, cmd)
}

func passedFile(t *testing.T, ln interface{ File() (*os.File, error) }) *os.File {
	t.Helper()
	f, err := ln.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// A notified is the manager's end of sd_notify.
type notified struct{ *net.UnixConn }

func listenNotify(t *testing.T) (n notified, env string) {
	t.Helper()
	path := filepath.Join(shortDir(t), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetReadDeadline(time.Now().Add(patience))
	return notified{conn}, "NOTIFY_SOCKET=" + path
}

// await reads until a message has all these lines.
func (n notified) await(t *testing.T, want ...string) {
	t.Helper()
	var heard []string
	for {
		p := make([]byte, 4096)
		got, err := n.Read(p)
		if err != nil {
			t.Fatalf("the manager was told %q and then %v, want %q", heard, err, want)
		}
		lines := strings.Split(string(p[:got]), "\n")
		heard = append(heard, lines...)
		missing := func(line string) bool {
			return !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, line) })
		}
		if !slices.ContainsFunc(want, missing) {
			return
		}
	}
}

// The sidecar serves sockets that were there before it, and are there when it has gone, and tells the manager how it is.
func TestSystemdPassesSockets(t *testing.T) {
	t.Parallel()
	srv, env, flags := startCache(t)
	cache, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	path := filepath.Join(shortDir(t), "s")
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := os.Chmod(path, 0o660); err != nil {
		t.Fatal(err)
	}
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	early := converse(t, "tcp", cache.Addr().String()) // nobody accepts yet
	early.say("PING")
	manager, notify := listenNotify(t)
	env = append(env, notify, "WATCHDOG_USEC=300000")
	p := runPassing(t, env, "cache:admin:cache", []*os.File{passedFile(t, cache.(*net.TCPListener)), passedFile(t, admin.(*net.TCPListener)), passedFile(t, socket)},
		append([]string{"proxy", "--listen", "systemd:cache", "--admin", "systemd:admin", "--drain-timeout", "40s"}, flags...)...)
	manager.await(t, "READY=1", "STATUS=ready: orders")
	early.hear("+PONG")
	converse(t, "unix", path).exchange("PING", "+PONG")
	if out, err := exec.CommandContext(t.Context(), "valetkey", "wait", "--admin", admin.Addr().String()).CombinedOutput(); err != nil {
		t.Errorf("wait: %v: %s", err, out)
	}
	manager.await(t, "WATCHDOG=1", "STATUS=ready: orders")
	srv.SetFault(emulator.IAMUnavailable)
	converse(t, "unix", path).exchange("PING", "-ERR valetkey: ")
	manager.await(t, "WATCHDOG=1", "STATUS=not ready: orders: ")
	p.signal(syscall.SIGTERM)
	manager.await(t, "STOPPING=1", "STATUS=draining", "EXTEND_TIMEOUT_USEC=45000000")
	p.end(0)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the manager's socket: %v", err)
	}
	for network, addr := range map[string]string{"tcp": cache.Addr().String(), "unix": path} {
		if conn, err := net.Dial(network, addr); err != nil {
			t.Errorf("the manager no longer listens: %v", err)
		} else {
			conn.Close()
		}
	}
}

// A socket that is not the one asked for, or that is open to everybody, is refused, never served or left alone.
func TestSystemdSocketsRefused(t *testing.T) {
	t.Parallel()
	_, env, flags := startCache(t)
	path := filepath.Join(shortDir(t), "s")
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := os.Chmod(path, 0o666); err != nil { // the default of a socket unit
		t.Fatal(err)
	}
	wide, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer wide.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	mine := passedFile(t, socket)
	for name, tt := range map[string]struct {
		file  *os.File
		flags []string
		code  int
		want  []string
	}{
		"another name": {mine, []string{"--listen", "systemd:nosuch"}, exitFailed, []string{`no socket with the name "nosuch", but "cache"`, "hint: the name is FileDescriptorName="}},
		"unused":       {mine, []string{"--listen", "127.0.0.1:0"}, exitUsage, []string{`the socket "cache", and no --listen is for it`, "hint: --listen systemd:cache"}},
		"open to all":  {mine, []string{"--listen", "systemd:cache"}, exitUsage, []string{"every user of this machine may connect", "hint: SocketMode=0600"}},
		"other machines": {passedFile(t, wide.(*net.TCPListener)), []string{"--listen", "systemd:cache"}, exitUsage,
			[]string{"other machines can reach it", "--local-password-file"}},
		"datagrams": {passedFile(t, datagrams.(*net.UDPConn)), []string{"--listen", "systemd:cache"}, exitFailed, []string{`socket "cache" of systemd`}},
	} {
		t.Run(name, func(t *testing.T) {
			p := runPassing(t, env, "cache", []*os.File{tt.file}, append(append([]string{"proxy"}, tt.flags...), flags...)...)
			log := p.end(tt.code)
			for _, want := range tt.want {
				if !strings.Contains(log, want) {
					t.Errorf("it says\n%s\nwithout %q", log, want)
				}
			}
		})
	}
}

// systemd's own tool passes a socket too, as the units do.
func TestSocketActivate(t *testing.T) {
	t.Parallel()
	needs.Program(t, "systemd-socket-activate", "Debian: apt install systemd")
	_, env, flags := startCache(t)
	path := filepath.Join(shortDir(t), "s")
	program, err := exec.LookPath("valetkey")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-l", path, "--fdname=cache"}
	for _, kv := range env {
		args = append(args, "-E", kv)
	}
	args = append(args, program, "proxy", "--listen", "systemd:cache", "--allow-uid", fmt.Sprint(os.Geteuid()))
	p := startBackground(t, exec.Command("systemd-socket-activate", append(args, flags...)...))
	p.await("Listening on")
	converse(t, "unix", path).exchange("PING", "+PONG")
	p.signal(syscall.SIGTERM)
	p.end(0)
}

// The units are what systemd understands, and leave the sidecar little that it could do.
func TestSystemdUnits(t *testing.T) {
	t.Parallel()
	needs.Program(t, "systemd-analyze", "Debian: apt install systemd")
	program, err := exec.LookPath("valetkey")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"valetkey-proxy.service", "valetkey-proxy.socket"} {
		text, err := os.ReadFile(filepath.Join(repository, "deploy/systemd", name))
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, filepath.Join(dir, name))
		if err := os.WriteFile(units[len(units)-1], []byte(strings.ReplaceAll(string(text), "/usr/local/bin/valetkey", program)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", units[0]).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v: %s", err, out)
	}
}
