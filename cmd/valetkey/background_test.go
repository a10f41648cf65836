package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A background is a program that runs beside a test, with what it says on stderr.
type background struct {
	t *testing.T
	*process
}

func startBackground(t *testing.T, cmd *exec.Cmd) *background {
	t.Helper()
	p := &process{cmd: cmd, news: make(chan struct{})}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.follow(stderr)
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &background{t, p}
}

// await waits for a line and returns its submatches.
func (b *background) await(pattern string) []string {
	b.t.Helper()
	re, late := regexp.MustCompile(pattern), time.After(patience)
	for {
		match, ended, news := b.look(re)
		switch {
		case match != nil:
			return match
		case ended:
			b.t.Fatalf("it has ended without a line that matches %s:\n%s", pattern, b.log())
		}
		select {
		case <-news:
		case <-late:
			b.t.Fatalf("no line matches %s:\n%s", pattern, b.log())
		}
	}
}

func (b *background) signal(s os.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(s); err != nil {
		b.t.Fatal(err)
	}
}

// end waits for the end, wants an exit code (-1 is the end by a signal), and returns the log.
func (b *background) end(code int) string {
	b.t.Helper()
	late := time.AfterFunc(2*patience, func() { b.cmd.Process.Kill() })
	defer late.Stop()
	for ended := false; !ended; {
		var news <-chan struct{}
		if _, ended, news = b.look(regexp.MustCompile(`$^`)); !ended {
			<-news
		}
	}
	err := b.cmd.Wait()
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		b.t.Fatal(err)
	}
	if got != code {
		b.t.Fatalf("it ended with %d, want %d:\n%s", got, code, b.log())
	}
	return b.log()
}

// A conversation is a client that says what it sends and hears lines.
type conversation struct {
	t *testing.T
	net.Conn
	lines *bufio.Reader
}

func converse(t *testing.T, network, addr string) *conversation {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(2 * patience))
	return &conversation{t, conn, bufio.NewReader(conn)}
}

func (c *conversation) say(request string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, request+"\r\n"); err != nil {
		c.t.Fatal(err)
	}
}

// hear reads lines, which must begin like these.
func (c *conversation) hear(want ...string) {
	c.t.Helper()
	for _, prefix := range want {
		got, err := c.lines.ReadString('\n')
		if err != nil || !strings.HasPrefix(got, prefix) {
			c.t.Fatalf("heard %q (%v), want %q", got, err, prefix)
		}
	}
}

func (c *conversation) exchange(request string, want ...string) {
	c.t.Helper()
	c.say(request)
	c.hear(want...)
}

// hearEnd wants the end of the connection and nothing before it.
func (c *conversation) hearEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.lines); err != nil || len(rest) > 0 {
		c.t.Fatalf("heard %q (%v), want the end", rest, err)
	}
}
