package demo

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/valetkey/valetkey/internal/needs"
)

// realEngine starts a valkey-server, without which a test is left out where that is allowed.
func realEngine(t *testing.T) *engine {
	t.Helper()
	needs.Server(t)
	e, note := findEngine(t.Context())
	if e == nil || note != "" {
		t.Fatal(note)
	}
	t.Cleanup(e.stop)
	return e
}

func TestEngine(t *testing.T) {
	e := realEngine(t)
	if !regexp.MustCompile(`^valkey-server \d+\.\d+`).MatchString(e.name) {
		t.Errorf("it is called %q", e.name)
	}
	c := redis.NewClient(&redis.Options{Addr: e.addr})
	defer c.Close()
	if err := c.Ping(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without the password: %v", err)
	}
	e.stop()
	if c, err := net.Dial("tcp", e.addr); err == nil {
		c.Close()
		t.Error("it still runs")
	}
	e.stop() // once more does no harm
}

func TestNoEngine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if e, note := findEngine(t.Context()); e != nil || !strings.Contains(note, "valkey-server on PATH") {
		t.Errorf("got %v %q", e, note)
	}
}

func TestEngineThatFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, engineProgram), []byte("#!/bin/sh\necho out of order\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if e, note := findEngine(t.Context()); e != nil || !strings.Contains(note, "its last words: out of order") {
		t.Errorf("got %v %q", e, note)
	}
}
