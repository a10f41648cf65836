package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/internal/needs"
)

const repository = "../.."

// pages are the README and everything under docs.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"README.md"}
	err := filepath.WalkDir(filepath.Join(repository, "docs"), func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".md") {
			rel, _ := filepath.Rel(repository, name) // both are relative to the same directory
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPagesRun runs every command of every page, from the root of the repository, and holds the output
// against what the page shows. The program on PATH is the one under test.
func TestPagesRun(t *testing.T) {
	for _, page := range pages(t) {
		t.Run(strings.ReplaceAll(page, "/", "_"), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(filepath.Join(repository, page))
			if err != nil {
				t.Fatal(err)
			}
			needPrograms(t, page, string(content))
			ran, err := runPage(t, page, string(content), repository)
			if err != nil {
				t.Fatal(err)
			}
			if fences := strings.Count(string(content), "```sh\n") + strings.Count(string(content), "```console\n"); ran != fences {
				t.Errorf("%s has %d blocks to run, but %d were run", page, fences, ran)
			}
		})
	}
}

// needPrograms skips a page that runs what is not there, and fails where nothing may be skipped.
func needPrograms(t *testing.T, page, content string) {
	t.Helper()
	blocks, err := parseBlocks(page, content)
	if err != nil {
		t.Fatal(err)
	}
	for word, check := range map[string][]string{
		"valkey-cli": {"valkey-tools", "valkey-cli", "--version"},
		"botocore":   {"python3-botocore", "python3", "-c", "import botocore"},
	} {
		runs := slices.ContainsFunc(blocks, func(b block) bool {
			return slices.Contains(runLanguages, b.lang) && strings.Contains(strings.Join(b.lines, "\n"), word)
		})
		if runs {
			err := exec.Command(check[1], check[2:]...).Run()
			needs.That(t, err == nil, word+" (Debian: apt install "+check[0]+"), which the page runs,")
		}
	}
}

// runPage returns how many blocks it ran.
func runPage(t *testing.T, page, content, workDir string) (int, error) {
	blocks, err := parseBlocks(page, localised(t, content))
	if err != nil {
		return 0, err
	}
	s := newSession(t, workDir, pageEnvironment(t))
	ran := 0
	for _, b := range blocks {
		if !slices.Contains(runLanguages, b.lang) {
			continue
		}
		steps, err := b.steps()
		if err != nil {
			return ran, err
		}
		for _, st := range steps {
			st.command = shortened(st.command)
			if err := s.run(st); err != nil {
				return ran, err
			}
		}
		ran++
	}
	return ran, nil
}

// localised gives a page a port and a directory of its own, because pages run side by side and beside
// whatever else the machine does.
func localised(t *testing.T, content string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("6380", port, "/tmp/valetkey", filepath.Join(t.TempDir(), "files")).Replace(content)
}

// shortened replaces the few commands that would run these very tests again, or take long. Everything else is run
// as it stands.
func shortened(command string) string {
	for long, short := range map[string]string{
		"make test":                  "make -n test",
		"make lint":                  "make -n lint",
		"make fuzz":                  "make -n fuzz",
		"make bench":                 "make -n bench",
		"bash .ci/run":               "bash -n .ci/run",
		"go run ./cmd/valetkey demo": "go run ./cmd/valetkey demo --duration 3s",
	} {
		if command == long {
			return short
		}
	}
	return command
}

// pageEnvironment is that of somebody with Go, an AWS account whose keys are in the usual file, and nothing else.
func pageEnvironment(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	const keys = "[default]\naws_access_key_id = fakeAccessKeyId\naws_secret_access_key = fakeSecretKey\n"
	if err := os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "LC_ALL=C.UTF-8"}
	for _, key := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOPATH"} {
		out, err := exec.Command("go", "env", key).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, key+"="+strings.TrimSpace(string(out)))
	}
	return env
}

// TestPagesAreHeldToTheirWord breaks pages on purpose: the test above must not pass by looking away.
func TestPagesAreHeldToTheirWord(t *testing.T) {
	tests := map[string]struct{ page, want string }{
		"good":              {"```console\n$ printf 'a\\nb\\nc\\n'\na\nc\n```\n```sh\ntrue\n```\n", ""},
		"anything in line":  {"```console\n$ echo one two three\none … three\n```\n", ""},
		"shown exit code":   {"```console\n$ false\n$ echo $?\n1\n```\n", ""},
		"shared shell":      {"```sh\nx=5\n```\ntext\n```console\n$ echo $x\n5\n```\n", ""},
		"background":        {"```console\n$ (sleep 0.2; echo late) &\nlate\n```\n", ""},
		"other output":      {"```console\n$ echo a\nb\n```\n", "did not print"},
		"wrong order":       {"```console\n$ printf 'a\\nb\\n'\nb\na\n```\n", "did not print"},
		"part of a line":    {"```console\n$ echo abc\nb\n```\n", "did not print"},
		"failing command":   {"```console\n$ false\n```\n", "ended with 1"},
		"failing block":     {"```sh\nfalse\n```\n", "ended with 1"},
		"wrong exit code":   {"```console\n$ false\n$ echo $?\n0\n```\n", "did not print"},
		"unknown language":  {"```bash\nfalse\n```\n", `language "bash"`},
		"no language":       {"```\nfalse\n```\n", `language ""`},
		"hidden in text":    {"```text\n$ false\n```\n", "never run"},
		"no end":            {"```sh\ntrue\n", "no end"},
		"output at the top": {"```console\nhello\n```\n", "begins with a prompt"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := runPage(t, "page.md", tt.page, t.TempDir())
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

var update = flag.Bool("update", false, "write the generated pages instead of comparing them")

// golden compares a generated page with the file.
func golden(t *testing.T, page, want string) {
	t.Helper()
	file := filepath.Join(repository, page)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(want), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the program says now: run go test ./cmd/valetkey -run %s -update", page, t.Name())
	}
}

// TestGoBlocksCompile holds every go block against the project's Go files: the block must stand in one of
// them, which the compiler and the tests see.
func TestGoBlocksCompile(t *testing.T) {
	sources := goSources(t)
	for _, page := range pages(t) {
		content, err := os.ReadFile(filepath.Join(repository, page))
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := parseBlocks(page, string(content))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			if b.lang == "go" && !standsIn(sources, b.lines) {
				t.Errorf("%s: this Go code stands in no Go file of the project, so nothing compiles it", b.at())
			}
		}
	}
	if standsIn(sources, []string{"func neverWritten(" + fmt.Sprint(len(sources)) + ")"}) || standsIn(sources, nil) {
		t.Error("the comparison finds what is not there")
	}
}

// goSources are the project's Go files without indentation and blank lines.
func goSources(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(repository, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git" || d.Name() == "tools") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		content, err := os.ReadFile(name)
		all = append(all, flat(strings.Split(string(content), "\n")))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func standsIn(sources []string, lines []string) bool {
	want := flat(lines)
	return want != "\n" && slices.ContainsFunc(sources, func(s string) bool { return strings.Contains(s, want) })
}

func flat(lines []string) string {
	var b strings.Builder
	b.WriteString("\n")
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			b.WriteString(l + "\n")
		}
	}
	return b.String()
}
