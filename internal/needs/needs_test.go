package needs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A witness is a test that notes how it was ended, and goes on.
type witness struct {
	testing.TB
	end string
}

func (*witness) Helper()                          {}
func (w *witness) Fatalf(format string, a ...any) { w.end += "failed: " + fmt.Sprintf(format, a...) }
func (w *witness) Skipf(format string, a ...any)  { w.end += "skipped: " + fmt.Sprintf(format, a...) }

// What is missing skips a test, and fails it where nothing may be left out. Either way the reader learns what to install.
func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, c := range []struct{ ci, all, want string }{
		{"", "", "skipped: "}, {"false", "0", "skipped: "},
		{"true", "", "failed: "}, {"", "1", "failed: "}, {"true", "1", "failed: "},
	} {
		t.Setenv("CI", c.ci)
		t.Setenv("VALETKEY_REQUIRE_ALL", c.all)
		for install, need := range map[string]func(testing.TB){
			"apt install valkey-server": func(t testing.TB) { Server(t) },
			"apt install valkey-tools":  func(t testing.TB) { CLI(t) },
			"from over there":           func(t testing.TB) { Program(t, "no-such-program", "from over there") },
			"a thing":                   func(t testing.TB) { That(t, false, "a thing") },
		} {
			w := &witness{}
			if need(w); !strings.HasPrefix(w.end, c.want) || !strings.Contains(w.end, install) {
				t.Errorf("CI=%s VALETKEY_REQUIRE_ALL=%s: %q, want %q with %q", c.ci, c.all, w.end, c.want, install)
			}
		}
	}
}

// What is there ends nothing, and its path is returned.
func TestThere(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("CI", "true")
	for name, need := range map[string]func(testing.TB) string{
		"valkey-server": Server, "valkey-cli": CLI,
		"program": func(t testing.TB) string { return Program(t, "program", "nowhere") },
	} {
		want := filepath.Join(dir, name)
		if err := os.WriteFile(want, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		w := &witness{}
		if got := need(w); got != want || w.end != "" {
			t.Errorf("%s: %q, and the test was %q", name, got, w.end)
		}
	}
	w := &witness{}
	if That(w, true, "a thing"); w.end != "" {
		t.Error(w.end)
	}
}

// Botocore takes the first Python that has it.
func TestBotocore(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if err := os.WriteFile(filepath.Join(dir, "python3"), []byte("#!/bin/sh\n[ \"$*\" = '-c import botocore' ]\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := &witness{}
	if got := Botocore(w); got != "python3" || w.end != "" {
		t.Errorf("%q, and the test was %q", got, w.end)
	}
}
