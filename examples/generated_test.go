package examples_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// example_rueidis_test.go is what go generate makes of example_valkeygo_test.go.
func TestGenerated(t *testing.T) {
	const name = "example_rueidis_test.go"
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "generate", ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	after, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("%s was not up to date; it is now", name)
	}
}
