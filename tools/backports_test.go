package tools

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The mirror must be the machine's own: a build behind a firewall reaches no other.
func TestBackportsUsesTheMirrorOfTheMachine(t *testing.T) {
	const commentedOut = "# deb http://commented.example/debian bookworm main\n"
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"deb822": {
			map[string]string{"sources.list.d/debian.sources": "Types: deb\n# a comment\nURIs: http://mirror.example/debian\n" +
				"Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/k.gpg\n\n" +
				"Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n"},
			"deb [signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm-backports main",
		},
		"deb822, several types and folded lines": {
			map[string]string{"sources.list.d/a.sources": "Types: deb deb-src\nURIs:\n http://mirror.example/debian\nSuites:\n bookworm\nComponents: main contrib\n"},
			"deb http://mirror.example/debian bookworm-backports main",
		},
		"deb822, disabled first": {
			map[string]string{
				"sources.list.d/a.sources": "Enabled: no\nTypes: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n",
				"sources.list.d/b.sources": "Types: deb\nURIs: http://on.example/debian\nSuites: bookworm\nComponents: main\n",
			},
			"deb http://on.example/debian bookworm-backports main",
		},
		"one line": {
			map[string]string{"sources.list": commentedOut + "deb-src http://src.example/debian bookworm main\n" +
				"deb http://security.example bookworm-security main\ndeb http://mirror.example/debian bookworm main contrib\n"},
			"deb http://mirror.example/debian bookworm-backports main",
		},
		"one line with options": {
			map[string]string{"sources.list.d/x.list": "deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian/ bookworm main\n"},
			"deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian/ bookworm-backports main",
		},
		"only others": {
			map[string]string{"sources.list.d/node.sources": "Types: deb\nURIs: https://node.example\nSuites: nodistro\nComponents: main\n",
				"sources.list": commentedOut},
			"",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := exec.Command("../.ci/backports", plant(t, tt.files), "bookworm").Output()
			if (err == nil) != (tt.want != "") || strings.TrimSpace(string(got)) != tt.want {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
