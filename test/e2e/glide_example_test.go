//go:build cgo

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
)

// The program of examples/glide, as a user runs it.
func TestGlideExample(t *testing.T) {
	needs.Server(t)
	program := filepath.Join(t.TempDir(), "glide")
	if out, err := exec.Command("go", "build", "-o", program, "../../examples/glide").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	args := []string{"-keep", "2s", "-refresh", "200ms", "-reauth", "400ms"}
	for _, kind := range glideKinds {
		t.Run(kind.name, func(t *testing.T) {
			s := kind.open(t)
			mine := append([]string{"-ca", s.CAFile()}, args...)
			if !kind.cluster {
				mine = append(mine, "-standalone")
			}
			checkExample(t, s.Server, exec.Command(program, append(mine, s.URL())...))
		})
	}
}

func checkExample(t *testing.T, s *emulator.Server, cmd *exec.Cmd) {
	t.Helper()
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+emulator.ExampleAccessKeyID, "AWS_SECRET_ACCESS_KEY="+emulator.ExampleSecretAccessKey,
		"AWS_SESSION_TOKEN=", "AWS_PROFILE=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"signed in: PONG", "after the lazy update: PONG", "after the immediate update: PONG", "kept signed in", " 0 errors", "at the end: PONG",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in the output:\n%s", want, out)
		}
	}
	// One re-authentication by the immediate update, and one every 400 ms by Keep.
	if seen := s.Stats(); seen.Reauths < 3 || seen.Refusals != 0 {
		t.Errorf("the server saw %d re-authentications and refused %d times, want at least 3 and never", seen.Reauths, seen.Refusals)
	}
	if strings.Contains(string(out), "X-Amz-") || strings.Contains(string(out), emulator.ExampleSecretAccessKey) {
		t.Error("the output has a token or a secret in it")
	}
}
