// Package twin holds a file that go generate makes of another one, its twin under other names, against what is made of it now.
package twin

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// Check runs go generate in the test's directory and fails the test if a file was another before. Then it is up to date.
func Check(t testing.TB, file string) {
	t.Helper()
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "generate", ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	after, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("%s was not up to date; it is now", file)
	}
}
