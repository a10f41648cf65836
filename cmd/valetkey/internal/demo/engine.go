package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	engineProgram = "valkey-server"
	engineStart   = 10 * time.Second
	enginePorts   = 3 // a free port can be taken by somebody else before the engine listens
)

// An engine is a real valkey-server on a loopback port, with a password that nobody else knows.
type engine struct {
	name, addr, password string

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

// findEngine starts the valkey-server that is on PATH. Without one, or with one that does not start, there is none, which the
// note says.
func findEngine(ctx context.Context) (e *engine, note string) {
	path, err := exec.LookPath(engineProgram)
	if err != nil {
		return nil, "\n(With " + engineProgram + " on PATH it would be a real one.)"
	}
	for range enginePorts {
		if e, err = startEngine(ctx, path); err == nil {
			return e, ""
		}
	}
	return nil, fmt.Sprintf("\n(%s did not start: %v)", path, err)
}

func startEngine(ctx context.Context, path string) (*engine, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	e := &engine{
		addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), password: rand.Text(),
		cmd: exec.Command(path, "-"), ended: make(chan struct{}),
	}
	said := &startup{ready: make(chan struct{})}
	// The configuration, with the password, is read from standard input: a command line can be seen by others.
	e.cmd.Stdin = strings.NewReader(fmt.Sprintf("port %d\nbind 127.0.0.1\nrequirepass %s\nsave \"\"\nappendonly no\n", port, e.password))
	e.cmd.Stdout, e.cmd.Stderr = said, said
	e.cmd.Dir = os.TempDir()
	e.cmd.SysProcAttr = detached()
	if err := e.run(); err != nil {
		return nil, err
	}
	if err := e.await(ctx, said); err != nil {
		e.stop()
		return nil, err
	}
	e.name = said.name()
	return e, nil
}

// run starts the process. The thread that starts it waits for it too, because on Linux the process ends with that thread.
func (e *engine) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(e.ended)
		err := e.cmd.Start()
		started <- err
		if err == nil {
			_ = e.cmd.Wait() // it is killed: the error says so
		}
	}()
	return <-started
}

func (e *engine) await(ctx context.Context, said *startup) error {
	limit := time.NewTimer(engineStart)
	defer limit.Stop()
	select {
	case <-said.ready:
		return nil
	case <-e.ended:
		return errors.New("it ended at once: " + said.lastLine())
	case <-limit.C:
		return fmt.Errorf("it was not ready within %v", engineStart)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop kills the process and returns when it has ended. The engine holds nothing worth saving.
func (e *engine) stop() {
	if e == nil {
		return
	}
	_ = e.cmd.Process.Kill() // the error is that it has ended already
	<-e.ended
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// A startup is what an engine says until it is ready. It must not be read before it is ready or has ended.
type startup struct {
	text  bytes.Buffer
	over  bool
	ready chan struct{}
}

// Write takes the engine's log.
func (s *startup) Write(p []byte) (int, error) {
	if s.over {
		return len(p), nil
	}
	s.text.Write(p)
	if bytes.Contains(s.text.Bytes(), []byte("Ready to accept connections")) {
		s.over = true
		close(s.ready)
	}
	return len(p), nil
}

// name is the program and its version.
func (s *startup) name() string {
	if m := regexp.MustCompile(`\bversion=([^,\s]+)`).FindSubmatch(s.text.Bytes()); m != nil {
		return engineProgram + " " + string(m[1])
	}
	return engineProgram
}

func (s *startup) lastLine() string {
	all := strings.Split(strings.TrimSpace(s.text.String()), "\n")
	return all[len(all)-1]
}
