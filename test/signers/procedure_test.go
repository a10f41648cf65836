package signers

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/verify"
)

// An example is a program for a user to copy, with its arguments.
type example func(t *testing.T, args []string) *exec.Cmd

// The programs of examples/python and examples/java, as a user runs them: they sign in through GLIDE over TLS in cluster mode, update the
// password lazily and at once, and go on with both.
func TestDocumentedProcedure(t *testing.T) {
	needs.Server(t)
	examples := map[string]example{
		"python": func(t *testing.T, args []string) *exec.Cmd {
			interpreter := filepath.Join(python().directory(t), "bin", "python")
			return exec.CommandContext(t.Context(), interpreter, append([]string{"../../examples/python/glide_iam.py"}, args...)...)
		},
		"java": func(t *testing.T, args []string) *exec.Cmd {
			java().directory(t) // the two share most of what Maven fetches
			return exec.CommandContext(t.Context(), "mvn", "--quiet", "--batch-mode", "--file", "../../examples/java/pom.xml",
				"-DbuildDirectory="+filepath.Join(cacheDir(t), "example-java"), "compile", "exec:java", "-Dexec.args="+strings.Join(args, " "))
		},
	}
	for language, example := range examples {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			t.Run("steps", func(t *testing.T) { checkSteps(t, example) })
			t.Run("lazy", func(t *testing.T) { checkLazy(t, example) })
		})
	}
}

// checkSteps lets the program sign in at once every half second, beside the lazy updates.
func checkSteps(t *testing.T, example example) {
	to, c := nodeBased.openCluster(t), eachCredentials()[1]
	run(t, to, c, example, "0.5", nil)
	// One by the immediate update of the procedure, and one each half second.
	if seen := to.Stats(); seen.Reauths < 3 || seen.Refusals != 0 {
		t.Errorf("the cache saw %d re-authentications and refused %d times, want at least 3 and never", seen.Reauths, seen.Refusals)
	}
}

// checkLazy ages every token by 16 minutes and cuts the connections. Without the lazy updates there would be no way back.
func checkLazy(t *testing.T, example example) {
	to, c := nodeBased.openCluster(t), eachCredentials()[0]
	var before emulator.Stats
	run(t, to, c, example, "3600", func() {
		to.Advance(16 * time.Minute)
		before = to.Stats()
		to.CutAll()
	})
	seen := to.Stats()
	if before.Reauths != 1 || seen.Reauths != before.Reauths || seen.Auths == before.Auths {
		t.Errorf("the cache saw %d re-authentications and then %d, %d first ones and then %d; want 1, as many, and more",
			before.Reauths, seen.Reauths, before.Auths, seen.Auths)
	}
	for _, r := range to.Refusals() {
		if r.Reason != verify.Expired {
			t.Errorf("refused: %v, want %q if anything", r, verify.Expired)
		}
	}
}

// run runs the program to its end, and calls done when it has gone through the procedure.
func run(t *testing.T, to *cache, c credentials, example example, reauth string, done func()) {
	t.Helper()
	cmd := example(t, []string{"localhost", to.port(t), "--name", cacheName, "--user", cacheUser, "--region", region, "--ca-file", to.CAFile(),
		"--keep", "3", "--refresh", "0.2", "--reauth", reauth})
	cmd.Env = c.environment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		fmt.Fprintln(&out, lines.Text())
		if done != nil && lines.Text() == "after the immediate update: PONG" {
			done()
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), stderr.Bytes())
	}
	for _, want := range []string{"signed in: PONG", "after the lazy update: PONG", "after the immediate update: PONG", "at the end: PONG"} {
		if !strings.Contains(out.String(), want+"\n") {
			t.Errorf("no %q in the output:\n%s%s", want, out.String(), stderr.Bytes())
		}
	}
	if all := out.String() + stderr.String(); strings.Contains(all, "X-Amz-") || strings.Contains(all, c.Secret) {
		t.Error("the output has a token or a secret in it")
	}
}
