package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// sources are the programs and their manifests. Nothing is installed beside them: they are copied first.
//
//go:embed java node perl php python ruby rust shell
var sources embed.FS

const missingHint = "on Debian, what it needs comes with: apt-get install --no-install-recommends $(.ci/toolchains)"

// A workshop is the directory where clients and what they need are installed, each language by its own means.
type workshop struct{ dir string }

// builds are the Go programs: what runs the sidecar, and the Go clients.
func builds() map[string]string {
	return map[string]string{
		"clusterstage":  "github.com/valetkey/valetkey/test/e2e/clusterstage",
		"valetkey":      "github.com/valetkey/valetkey/cmd/valetkey",
		"golang/golang": "github.com/valetkey/valetkey/test/e2e/languages/golang",
	}
}

func (w *workshop) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

// install brings everything that programs in the languages need up to date, two languages at a time.
func (w *workshop) install(ctx context.Context, languages map[string]bool) error {
	var tasks []func() error
	for _, language := range []string{"rust", "java", "node", "python", "perl", "php", "ruby", "shell"} { // the longest first
		if languages[language] {
			tasks = append(tasks, func() error { return w.bring(ctx, language) })
		}
	}
	for name, pkg := range builds() {
		tasks = append(tasks, func() error { return command(ctx, "", "go", "build", "-o", w.path(name), pkg) })
	}
	errs := make([]error, len(tasks))
	each(2, len(tasks), func(i int) { errs[i] = tasks[i]() })
	return errors.Join(errs...)
}

// each calls f for 0 to n-1, some at a time.
func each(parallel, n int, f func(i int)) {
	places := make(chan struct{}, parallel)
	var wg sync.WaitGroup
	for i := range n {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			f(i)
		})
	}
	wg.Wait()
}

// bring copies the sources of a language and runs their install script, unless nothing has changed since that was last done.
func (w *workshop) bring(ctx context.Context, language string) error {
	sum, err := w.copy(language)
	if err != nil {
		return err
	}
	stamp := w.path(language, ".installed")
	if last, err := os.ReadFile(stamp); err == nil && string(last) == sum {
		return nil
	}
	if _, err := fs.Stat(sources, language+"/install"); err == nil {
		began := time.Now()
		if err := command(ctx, w.path(language), "bash", "install"); err != nil {
			return fmt.Errorf("%w\n\t%s", err, missingHint)
		}
		log.Printf("installed what %s needs in %s", language, time.Since(began).Round(time.Second))
	}
	return os.WriteFile(stamp, []byte(sum), 0o644)
}

// copy writes the files that differ, so that compilers see which have changed, and returns a sum of all.
func (w *workshop) copy(language string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(sources, language, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Dir(w.path(name)), 0o755))
		}
		content, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content), content)
		if old, err := os.ReadFile(w.path(name)); err == nil && bytes.Equal(old, content) {
			return nil
		}
		return errors.Join(os.MkdirAll(filepath.Dir(w.path(name)), 0o755), os.WriteFile(w.path(name), content, 0o644))
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// command runs one to its end; its error has its last words.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", cmd, err, out[max(0, len(out)-2000):])
	}
	return nil
}
