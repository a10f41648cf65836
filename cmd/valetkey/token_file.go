package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/valetkey/valetkey"
)

// A tokenFile is a file that holds one token, which its owner alone can read.
type tokenFile struct {
	path  string
	write func(io.Writer, valetkey.Token) error
}

// put replaces the file. A reader finds the old token or the new one, whole, at every moment; so does one after a crash.
func (f tokenFile) put(t valetkey.Token) error {
	var text bytes.Buffer
	if err := f.write(&text, t); err != nil {
		return err
	}
	if info, err := os.Stat(f.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w, and is no file", f.path, fs.ErrExist)
	}
	dir := filepath.Dir(f.path)
	temporary, err := os.CreateTemp(dir, "."+filepath.Base(f.path)+".") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // of no effect once it has been renamed
	_, err = temporary.Write(text.Bytes())
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), f.path); err != nil {
		return err
	}
	if d, err := os.Open(dir); err == nil { // so that the new name lasts; not every system can
		d.Sync()
		d.Close()
	}
	return nil
}

const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	longestNap = 30 * time.Second // a suspended machine wakes up with time lost
)

// A tokenWatch keeps a token fresh.
type tokenWatch struct {
	source valetkey.Source
	put    func(valetkey.Token) error
	log    *slog.Logger

	last     valetkey.Token
	failures int
	expired  bool // and said so
}

// run replaces the token when a third of its life is over, and tries again and again if it cannot, until ctx ends, which is a success. A
// failure at the very beginning is returned.
func (w *tokenWatch) run(ctx context.Context) error {
	if err := w.refresh(ctx); err != nil {
		return err
	}
	w.log.Info("the token is there, and will be kept fresh", "expires", w.last.Expires())
	tellSystemd(w.log, daemon.SdNotifyReady)
	for sleepUntil(ctx, w.next()) {
		if err := w.refresh(ctx); err != nil && ctx.Err() == nil {
			w.failed(err)
		}
	}
	w.log.Info("stopping; the token stays until it expires", "expires", w.last.Expires())
	tellSystemd(w.log, daemon.SdNotifyStopping)
	return nil
}

func (w *tokenWatch) refresh(ctx context.Context) error {
	t, err := w.source.Token(ctx)
	if err != nil {
		return err
	}
	if err := w.put(t); err != nil {
		return err
	}
	w.last = t
	if w.failures > 0 {
		w.log.Info("the token is fresh again", "failures", w.failures, "expires", t.Expires())
	}
	w.log.Debug("refreshed", "expires", t.Expires())
	w.failures, w.expired = 0, false
	return nil
}

// next is when to refresh, by the wall clock.
func (w *tokenWatch) next() time.Time {
	now := time.Now().Round(0)
	if w.failures == 0 {
		return now.Add(w.last.Expires().Sub(now) / 3)
	}
	return now.Add(min(firstRetry<<min(w.failures-1, 10), lastRetry))
}

func (w *tokenWatch) failed(err error) {
	w.failures++
	left := time.Until(w.last.Expires()).Truncate(time.Second)
	if left <= 0 && !w.expired {
		w.log.Error("the token has expired: the cache will refuse it", "expired", w.last.Expires())
		w.expired = true
	}
	w.log.Warn("cannot refresh the token, will try again", "err", err, "hint", explain(err).hint, "left", max(left, 0))
}

// sleepUntil reports false if ctx has ended.
func sleepUntil(ctx context.Context, when time.Time) bool {
	for {
		left := when.Sub(time.Now().Round(0))
		if left <= 0 {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(min(left, longestNap)):
		}
	}
}
