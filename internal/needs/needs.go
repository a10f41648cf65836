// Package needs says what a test cannot do without. A test that lacks something is skipped on a developer's machine, and fails where
// nothing may be left out, which is with CI=true or VALETKEY_REQUIRE_ALL=1.
package needs

import (
	"os"
	"os/exec"
	"testing"
)

// Everything reports whether no test may be left out.
func Everything() bool {
	return os.Getenv("CI") == "true" || os.Getenv("VALETKEY_REQUIRE_ALL") == "1"
}

// That ends a test which cannot run without something that is not there. What names it, with where to get it in brackets.
func That(t testing.TB, there bool, what string) {
	t.Helper()
	switch {
	case there:
	case Everything():
		t.Fatalf("%s is missing, and with CI=true or VALETKEY_REQUIRE_ALL=1 no test may be left out", what)
	default:
		t.Skipf("not run: %s is missing", what)
	}
}

// Program returns the path of a program that a test cannot run without. From says where to get it.
func Program(t testing.TB, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	That(t, err == nil, name+" ("+from+")")
	return path
}

// Server returns the path of valkey-server.
func Server(t testing.TB) string {
	t.Helper()
	return Program(t, "valkey-server", "Debian: apt install valkey-server")
}

// CLI returns the path of valkey-cli.
func CLI(t testing.TB) string {
	t.Helper()
	return Program(t, "valkey-cli", "Debian: apt install valkey-tools")
}

// Botocore returns a Python that has botocore. The one on PATH may be without Debian's packages.
func Botocore(t testing.TB) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import botocore").Run() == nil {
			return python
		}
	}
	That(t, false, "a Python with botocore (Debian: apt install python3-botocore)")
	return ""
}
