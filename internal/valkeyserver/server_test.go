package valkeyserver_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// programs are the servers to try. A test needs one of them.
func programs(t *testing.T) (found []string) {
	t.Helper()
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			found = append(found, path)
		}
	}
	needs.That(t, len(found) > 0, "valkey-server or redis-server (Debian: apt install valkey-server)")
	return found
}

func start(t *testing.T, c valkeyserver.Config) *valkeyserver.Server {
	t.Helper()
	s, err := valkeyserver.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

func want(t *testing.T, s *valkeyserver.Server, answer string, args ...string) {
	t.Helper()
	if got, err := s.Do(args...); err != nil || got != answer {
		t.Errorf("%s: %q, %v; want %q", args[0], got, err, answer)
	}
}

// Each engine runs on a port and on a socket, asks for its password, and is gone with its files after Stop.
func TestServer(t *testing.T) {
	for _, program := range programs(t) {
		for name, c := range map[string]valkeyserver.Config{
			"port":   {Program: program, Password: `a "secret"`, Args: []string{"--maxmemory", "12345678"}},
			"socket": {Program: program, Unix: true},
		} {
			t.Run(filepath.Base(program)+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := start(t, c)
				if !strings.HasPrefix(s.Version, filepath.Base(program)+" ") {
					t.Errorf("version %q", s.Version)
				}
				want(t, s, "OK", "SET", "k", "v")
				want(t, s, "v", "GET", "k")
				if _, err := s.Do("NONSENSE"); err == nil || !strings.HasPrefix(err.Error(), "ERR unknown command") {
					t.Errorf("an error reply is %v", err)
				}
				wantPassword(t, s, c.Password != "")
				dir, err := s.Do("CONFIG", "GET", "dir")
				if err != nil {
					t.Fatal(err)
				}
				s.Stop()
				if _, err := net.Dial(s.Network, s.Addr); err == nil {
					t.Error("it still listens after Stop")
				}
				if path := strings.Split(dir, "\r\n")[4]; filepath.IsAbs(path) {
					if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
						t.Errorf("%s is still there: %v", path, err)
					}
				} else {
					t.Errorf("no directory in %q", dir)
				}
			})
		}
	}
}

// wantPassword looks at what the server says to a client that has not authenticated, and that the command line has no secret.
func wantPassword(t *testing.T, s *valkeyserver.Server, protected bool) {
	t.Helper()
	c, err := net.Dial(s.Network, s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	c.Write([]byte("PING\r\n"))
	got := make([]byte, 5)
	if _, err := c.Read(got); err != nil || strings.HasPrefix(string(got), "-NOA") != protected {
		t.Errorf("a stranger hears %q, %v", got, err)
	}
	if line, err := os.ReadFile("/proc/" + strconv.Itoa(s.Pid()) + "/cmdline"); err == nil && strings.Contains(string(line), "secret") {
		t.Errorf("the command line tells: %q", line)
	}
}

// A replica follows, is still one after the machine has failed, and can be made a primary.
func TestReplica(t *testing.T) {
	t.Parallel()
	program := programs(t)[0]
	c := valkeyserver.Config{Program: program, Password: "p"}
	primary, replica := start(t, c), start(t, c)
	want(t, primary, "OK", "SET", "k", "v")
	if err := replica.Follow(t.Context(), primary); err != nil {
		t.Fatal(err)
	}
	want(t, replica, "v", "GET", "k")
	if _, err := replica.Do("SET", "k", "w"); err == nil || !strings.HasPrefix(err.Error(), "READONLY") {
		t.Errorf("a replica takes a write: %v", err)
	}
	primary.Kill()
	if _, err := primary.Do("PING"); err == nil {
		t.Error("a server that was killed answers")
	}
	want(t, replica, "OK", "REPLICAOF", "NO", "ONE")
	want(t, replica, "OK", "SET", "k", "w")
	if err := primary.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := primary.Follow(t.Context(), replica); err != nil {
		t.Fatal(err)
	}
	want(t, primary, "w", "GET", "k")
}

// A cluster has its slots, its replicas and a password.
func TestCluster(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(filepath.Base(program), func(t *testing.T) {
			t.Parallel()
			started := 0
			f, err := valkeyserver.StartCluster(t.Context(), valkeyserver.ClusterConfig{
				Config: valkeyserver.Config{Program: program, Password: "p"}, Masters: 2, Replicas: 1,
				OnStart: func(int, *valkeyserver.Server) { started++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Stop()
			if len(f.Nodes) != 4 || started != 4 {
				t.Errorf("%d nodes, %d started", len(f.Nodes), started)
			}
			want(t, f.Nodes[0].Server, "OK", "SET", "b", "v") // slot 3300
			if _, err := f.Nodes[1].Do("GET", "b"); err == nil || err.Error() != "MOVED 3300 "+f.Nodes[0].Addr {
				t.Errorf("the other master says %v", err)
			}
			if nodes, err := f.Nodes[3].Do("CLUSTER", "NODES"); err != nil || strings.Count(nodes, "slave") != 2 {
				t.Errorf("%q, %v", nodes, err)
			}
		})
	}
}

// A program that is missing or is no server is an error that says so.
func TestStartFails(t *testing.T) {
	t.Parallel()
	if _, err := valkeyserver.Start(t.Context(), valkeyserver.Config{Program: "no-such-server"}); err == nil || !strings.Contains(err.Error(), "no-such-server") {
		t.Errorf("got %v", err)
	}
	program := programs(t)[0]
	_, err := valkeyserver.Start(t.Context(), valkeyserver.Config{Program: program, Args: []string{"--no-such-setting", "1"}})
	if err == nil || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := valkeyserver.Start(ctx, valkeyserver.Config{Program: program}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
