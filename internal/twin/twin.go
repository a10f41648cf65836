// Package twin holds files that go generate makes of others, their twins under other names, against what is made of those now.
package twin

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// Check runs go generate in the test's directory and fails the test for each file that was another before. Then they are up to date.
func Check(t testing.TB, files ...string) {
	t.Helper()
	before := contents(t, files)
	if out, err := exec.Command("go", "generate", ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, after := range contents(t, files) {
		if !bytes.Equal(before[i], after) {
			t.Errorf("%s was not up to date; it is now", files[i])
		}
	}
}

func contents(t testing.TB, files []string) (all [][]byte) {
	t.Helper()
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content)
	}
	return all
}
