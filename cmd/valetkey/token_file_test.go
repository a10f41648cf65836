package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// A mint makes tokens of 15 minutes, unless it is closed.
type mint struct {
	closed atomic.Bool
	asked  atomic.Int64
}

func (m *mint) Token(context.Context) (valetkey.Token, error) {
	m.asked.Add(1)
	if m.closed.Load() {
		return valetkey.Token{}, errors.New("closed")
	}
	return valetkey.NewToken("app", "secret", time.Now().Add(15*time.Minute)), nil
}

// Through a day the file's token is never older than a third of its life, and not much is asked for.
func TestTokenWatchIsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		var m mint
		var held atomic.Pointer[valetkey.Token]
		w := &tokenWatch{source: &m, log: slog.New(slog.DiscardHandler), put: func(t valetkey.Token) error { held.Store(&t); return nil }}
		done := make(chan error, 1)
		go func() { done <- w.run(ctx) }()
		for range 24 * 60 {
			synctest.Wait()
			if left := time.Until(held.Load().Expires()); left < 10*time.Minute {
				t.Fatalf("the token has %v left", left)
			}
			time.Sleep(time.Minute)
		}
		if err := <-done; err != nil || m.asked.Load() > 24*12+1 {
			t.Errorf("%d tokens in a day, and %v in the end", m.asked.Load(), err)
		}
	})
}

// Half an hour without a token is survived, said, and over at most 30 seconds after its cause.
func TestTokenWatchSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var m mint
		var log strings.Builder
		var held atomic.Pointer[valetkey.Token]
		w := &tokenWatch{source: &m, log: slog.New(slog.NewTextHandler(&log, nil)), put: func(t valetkey.Token) error { held.Store(&t); return nil }}
		done := make(chan error, 1)
		go func() { done <- w.run(ctx) }()
		time.Sleep(time.Minute)
		m.closed.Store(true)
		time.Sleep(30 * time.Minute)
		m.closed.Store(false)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if left := time.Until(held.Load().Expires()); left < 14*time.Minute {
			t.Errorf("the token has %v left", left)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for want, times := range map[string]int{"cannot refresh the token, will try again": 56, "the token has expired: the cache will refuse it": 1, "the token is fresh again": 1} {
			if n := strings.Count(log.String(), want); n != times {
				t.Errorf("%d lines with %q, want %d", n, want, times)
			}
		}
	})
}

func TestTokenFileIsReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	file := tokenFile{filepath.Join(dir, "token"), func(w io.Writer, t valetkey.Token) error { return writeText(w, valetkey.Target{}, t) }}
	if err := os.WriteFile(file.path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(file.path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := file.put(valetkey.NewToken("app", "secret", time.Time{})); err != nil {
		t.Fatal(err)
	}
	was, err := io.ReadAll(old)
	if err != nil || string(was) != "old" {
		t.Errorf("who had it open reads %q (%v), want the old token", was, err)
	}
	now, err := os.ReadFile(file.path)
	if err != nil || string(now) != "secret\n" {
		t.Errorf("the file has %q (%v)", now, err)
	}
	if info, err := os.Stat(file.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
	file.write = func(w io.Writer, t valetkey.Token) error { fmt.Fprint(w, "half"); return fs.ErrInvalid }
	if err := file.put(valetkey.Token{}); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("put: %v", err)
	}
	file.path = filepath.Join(dir, "directory")
	if err := os.Mkdir(file.path, 0o700); err != nil {
		t.Fatal(err)
	}
	file.write = func(io.Writer, valetkey.Token) error { return nil }
	if err := file.put(valetkey.Token{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("put on a directory: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// Whatever is in the file is taken by the cache, through many lives of a token, a time without credentials and one without a directory.
func TestTokenFileIsAlwaysGood(t *testing.T) {
	t.Parallel()
	const life = 4 * time.Second
	srv, env, _ := startCache(t, func(c *emulator.Config) { c.TokenLife, c.NoTLS = life, true })
	dir := filepath.Join(t.TempDir(), "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "token")
	cmd := exec.Command("valetkey", "token", "--name", "orders", "--user", "app", "--region", "eu-west-1", "--expires", life.String(),
		"--output", file, "--watch", "--log-level", "debug")
	cmd.Env = env
	p := startBackground(t, cmd)
	p.await("msg=\"the token is there")
	seen := map[string]bool{}
	check := func() {
		t.Helper()
		token, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v (%v), want 0600", info.Mode(), err)
		}
		seen[string(token)] = true
		c := converse(t, "tcp", srv.Addr())
		defer c.Close()
		c.exchange("AUTH app "+strings.TrimSpace(string(token)), "+OK")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(2 * life); time.Now().Before(end); <-tick.C {
		check()
	}
	// The directory is away for a while.
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	p.await(`level=WARN msg="cannot refresh the token, will try again" err="token: --output: .*no such file`)
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	p.await(`msg="the token is fresh again"`)
	check()
	if len(seen) < 5 {
		t.Errorf("%d tokens in more than two lives", len(seen))
	}
	p.signal(syscall.SIGTERM)
	if log := p.end(0); strings.Contains(log, "X-Amz-Signature") {
		t.Errorf("the log has a token: %s", log)
	}
	check()
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 || srv.Stats().Refusals > 0 {
		t.Errorf("left behind: %q, %v; refused: %v", left, err, srv.Refusals())
	}
}
