package signers

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/internal/needs"
)

// A toolchain installs what one language's programs need, from the versions that its files pin.
type toolchain struct {
	language string
	// needs are the programs that must be on PATH, each with where to get it. The first one's version is part of what is installed.
	needs [][2]string
	// files are what decides about the installation: it is made anew when one of them changes.
	files []string
	// install makes the installation in dir.
	install func(dir string) []*exec.Cmd
}

// directory returns where the toolchain's programs are, and installs them there the first time.
func (tc toolchain) directory(t *testing.T) string {
	t.Helper()
	for _, need := range tc.needs {
		needs.Program(t, need[0], need[1])
	}
	dir := filepath.Join(cacheDir(t), tc.language+"-"+tc.fingerprint(t))
	if _, err := os.Stat(dir); err == nil {
		return dir
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	t.Logf("installing into %s", dir)
	part, err := os.MkdirTemp(filepath.Dir(dir), tc.language+"-part-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(part)
	for _, cmd := range tc.install(part) {
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
	}
	// Whoever was quicker has installed the same.
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return dir
}

func cacheDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("VALETKEY_SIGNERS_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(user, "valetkey", "signers")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fingerprint names an installation by what it is made of.
func (tc toolchain) fingerprint(t *testing.T) string {
	t.Helper()
	h := sha256.New()
	version, err := exec.Command(tc.needs[0][0], "--version").CombinedOutput()
	if err != nil {
		t.Fatalf("%s --version: %v\n%s", tc.needs[0][0], err, version)
	}
	h.Write(version)
	for _, name := range tc.files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(content), content)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func python() toolchain {
	requirements := []string{"python/requirements.txt", "../../examples/python/requirements.txt"}
	return toolchain{"python", [][2]string{{"python3", "Debian: apt install python3-venv"}}, requirements, func(dir string) []*exec.Cmd {
		return []*exec.Cmd{
			exec.Command("python3", "-m", "venv", dir),
			exec.Command(filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
				"-r", requirements[0], "-r", requirements[1]),
		}
	}}
}

func node() toolchain {
	files := []string{"node/package.json", "node/package-lock.json"}
	needs := [][2]string{{"node", "Debian: apt install nodejs"}, {"npm", "Debian: apt install npm"}}
	return toolchain{"node", needs, files, func(dir string) []*exec.Cmd {
		ci := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
		ci.Dir = dir
		return []*exec.Cmd{exec.Command("cp", files[0], files[1], dir), ci}
	}}
}

func java() toolchain {
	files := []string{"java/pom.xml", "java/src/Sign.java", "java/src/Native.java"}
	needs := [][2]string{{"javac", "Debian: apt install openjdk-17-jdk-headless"}, {"mvn", "Debian: apt install maven"}}
	return toolchain{"java", needs, files, func(dir string) []*exec.Cmd {
		return []*exec.Cmd{
			exec.Command("mvn", "--quiet", "--batch-mode", "--file", files[0], "dependency:copy-dependencies", "-DoutputDirectory="+filepath.Join(dir, "lib")),
			exec.Command("javac", "-d", filepath.Join(dir, "classes"), "-cp", filepath.Join(dir, "lib", "*"), files[1], files[2]),
		}
	}}
}

func rust() toolchain {
	files := []string{"rust/Cargo.toml", "rust/Cargo.lock", "rust/src/main.rs"}
	needs := [][2]string{{"cargo", "1.85 or newer; Debian 12: apt install cargo-web"}}
	return toolchain{"rust", needs, files, func(dir string) []*exec.Cmd {
		target := filepath.Join(dir, "target")
		return []*exec.Cmd{
			exec.Command("cargo", "build", "--quiet", "--locked", "--manifest-path", files[0], "--target-dir", target),
			exec.Command("mv", filepath.Join(target, "debug", "sign"), dir),
			exec.Command("rm", "-r", target),
		}
	}}
}

// A program answers each line of its input with a line of output that begins with "> ".
type program struct {
	command []string
	env     []string
}

// answers runs the program with credentials in its environment, and with no others in reach.
func (p program) answers(t *testing.T, c credentials, lines []string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.command[0], p.command[1:]...)
	cmd.Env = append(c.environment(), p.env...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, stderr.Bytes())
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		if answer, ok := strings.CutPrefix(line, "> "); ok {
			got = append(got, strings.TrimSpace(answer))
		}
	}
	if len(got) != len(lines) {
		t.Fatalf("%s: %d answers to %d lines:\n%s%s", cmd, len(got), len(lines), out, stderr.Bytes())
	}
	return got
}
