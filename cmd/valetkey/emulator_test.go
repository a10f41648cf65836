package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds the waits that end by an event; a test that reaches it has failed.
const patience = 30 * time.Second

// A process is the emulator or the sidecar as a user starts it, with its log.
type process struct {
	name  string
	cmd   *exec.Cmd
	mu    sync.Mutex
	lines []string
	ended bool
	news  chan struct{} // closed and replaced at each line and at the end
}

// startEmulator runs valetkey emulator on a free port until it is ready, and sets PORT and URL.
func startEmulator(ts *testscript.TestScript, neg bool, args []string) {
	p := startProcess(ts, "emulator", append([]string{"--listen", "127.0.0.1:0"}, args...))
	running.Store(ts.Name(), p)
	ready := p.await(ts, `msg=ready .*address=(\S+)`)
	_, port, err := net.SplitHostPort(ready[1])
	ts.Check(err)
	ts.Setenv("PORT", port)
}

// startProcess runs a subcommand of valetkey until the script ends. The program on PATH is the one under test.
func startProcess(ts *testscript.TestScript, name string, args []string) *process {
	path, err := exec.LookPath("valetkey")
	ts.Check(err)
	cmd := exec.Command(path, append([]string{name}, args...)...)
	cmd.Env, cmd.Dir = scriptEnv(ts), ts.MkAbs(".")
	p := &process{name: name, cmd: cmd, news: make(chan struct{})}
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	go p.follow(stderr)
	ts.Defer(func() { _ = cmd.Process.Kill() })
	return p
}

// running finds a script's emulator by the script's name; scripts run in parallel.
var running sync.Map

func emulatorOf(ts *testscript.TestScript) *process {
	p, ok := running.Load(ts.Name())
	if !ok {
		ts.Fatalf("no emulator runs in this script")
	}
	return p.(*process)
}

func scriptEnv(ts *testscript.TestScript) []string {
	var env []string
	for _, key := range []string{"PATH", "HOME", "TMPDIR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"VALETKEY_SECRET_ACCESS_KEY", "VALETKEY_SESSION_LIMIT"} {
		if v := ts.Getenv(key); v != "" {
			env = append(env, key+"="+v)
		}
	}
	return env
}

func (p *process) follow(r io.Reader) {
	for s := bufio.NewScanner(r); s.Scan(); {
		p.tell(func() { p.lines = append(p.lines, s.Text()) })
	}
	p.tell(func() { p.ended = true })
}

func (p *process) tell(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.news)
	p.news = make(chan struct{})
}

// await returns the submatches of the first log line that matches, as soon as there is one.
func (p *process) await(ts *testscript.TestScript, pattern string) []string {
	re := regexp.MustCompile(pattern)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		match, ended, news := p.look(re)
		switch {
		case match != nil:
			return match
		case ended || ctx.Err() != nil:
			ts.Fatalf("the %s's log has no line that matches %s:\n%s", p.name, pattern, p.log())
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
}

func (p *process) look(re *regexp.Regexp) (match []string, ended bool, news <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if m := re.FindStringSubmatch(l); m != nil {
			return m, p.ended, p.news
		}
	}
	return nil, p.ended, p.news
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// said waits for a line of the log that matches args, a single pattern; with neg no line may match up to now.
func (p *process) said(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("one pattern is wanted, not %q", args)
	}
	if !neg {
		p.await(ts, args[0])
		return
	}
	if match, _, _ := p.look(regexp.MustCompile(args[0])); match != nil {
		ts.Fatalf("the %s's log has %q", p.name, match[0])
	}
}

// emulatorLogged waits for a line of the log: logged PATTERN. With ! no line may match up to now.
func emulatorLogged(ts *testscript.TestScript, neg bool, args []string) {
	emulatorOf(ts).said(ts, neg, args)
}

// saveLog writes the log so far to a file: savelog FILE.
func saveLog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: savelog FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(emulatorOf(ts).log()), 0o600))
}

// terminateEmulator sends SIGTERM and wants the exit code 0.
func terminateEmulator(ts *testscript.TestScript, neg bool, args []string) {
	p := emulatorOf(ts)
	signal := syscall.SIGTERM
	if len(args) > 0 && args[0] == "INT" {
		signal = syscall.SIGINT
	}
	ts.Check(p.cmd.Process.Signal(signal))
	p.awaitEnd(ts)
	if err := p.cmd.Wait(); err != nil {
		ts.Fatalf("the emulator ended with %v:\n%s", err, p.log())
	}
}

func (p *process) awaitEnd(ts *testscript.TestScript) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, ended, news := p.look(regexp.MustCompile(`$^`))
		if ended {
			return
		}
		select {
		case <-news:
		case <-ctx.Done():
			ts.Fatalf("the emulator did not end:\n%s", p.log())
		}
	}
}

// adminEnv takes the admin endpoint from a ready file into the environment: adminenv FILE.
func adminEnv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: adminenv FILE")
	}
	var r readiness
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &r))
	ts.Setenv("VALETKEY_ADMIN", strings.TrimPrefix(r.Admin, "http://"))
}

func TestGeneratedKeysDiffer(t *testing.T) {
	a, b := generateKey(), generateKey()
	if a.ID == b.ID || a.Secret == b.Secret || len(a.ID) != 20 || len(a.Secret) != 40 {
		t.Error("generated keys are not random or not of AWS's form")
	}
}
