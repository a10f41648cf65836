package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stepLimit bounds one command of a page. The slowest compiles the program on a cold cache.
const stepLimit = 5 * time.Minute

// A session is a shell that lives for one page, so that a page can set variables and start servers.
type session struct {
	t     *testing.T
	dir   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	n     int

	mu   sync.Mutex
	out  bytes.Buffer
	news chan struct{}
}

func newSession(t *testing.T, workDir string, env []string) *session {
	t.Helper()
	s := &session{t: t, dir: t.TempDir(), cmd: exec.Command("bash"), news: make(chan struct{})}
	s.cmd.Dir, s.cmd.Env = workDir, env
	s.cmd.Stdout, s.cmd.Stderr = s, s
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what the page left running ends with it
	s.cmd.WaitDelay = patience
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.stdin = stdin
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		_ = s.cmd.Wait()
	})
	return s
}

// Write takes the output of the shell and of all it started.
func (s *session) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.news)
	s.news = make(chan struct{})
	return s.out.Write(p)
}

func (s *session) snapshot() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String(), s.news
}

// run gives one command to the shell, waits for its end and for the lines that it must print. A command in the
// background has ended at once; its lines are waited for all the same.
func (s *session) run(st step) error {
	s.n++
	file := filepath.Join(s.dir, strconv.Itoa(s.n)+".sh")
	if err := os.WriteFile(file, []byte(st.command+"\n"), 0o600); err != nil {
		return err
	}
	before, _ := s.snapshot()
	marker := fmt.Sprintf("step-%d-of-%s", s.n, filepath.Base(s.dir))
	fmt.Fprintf(s.stdin, "(exit ${status:-0}); . %s </dev/null; status=$?; echo; echo %s $status $(jobs -pr)\n", file, marker)
	end := regexp.MustCompile(`(?m)^` + marker + ` (\d+)(.*)$`)
	out, err := s.await(len(before), stepLimit, end.MatchString)
	if err != nil {
		return fmt.Errorf("%s: `%s` did not end: %w", st.at, st.command, err)
	}
	ended := end.FindStringSubmatch(out)
	if ended[1] != "0" && !st.statusShown {
		return fmt.Errorf("%s: `%s` ended with %s:\n%s", st.at, st.command, ended[1], out)
	}
	limit := time.Duration(0)
	if ended[2] != "" { // something runs in the background and may still print
		limit = patience
	}
	if _, err := s.await(len(before), limit, func(out string) bool { return inOrder(out, st.want) }); err != nil {
		return fmt.Errorf("%s: `%s` did not print what the page shows: %w", st.at, st.command, err)
	}
	return nil
}

// inOrder reports whether the output has the lines among others, in their order; … stands for anything within a line.
func inOrder(out string, want []string) bool {
	for line := range strings.Lines(out) {
		if len(want) == 0 {
			break
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(want[0], " ")), "…", ".*")
		if regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimRight(line, " \t\r\n")) {
			want = want[1:]
		}
	}
	return len(want) == 0
}

// await returns the output from a place on, once it is what is waited for.
func (s *session) await(from int, limit time.Duration, done func(string) bool) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		out, news := s.snapshot()
		if done(out[from:]) {
			return out[from:], nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return "", errors.New("it printed:\n" + out[from:])
		}
	}
}
