package signers

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/verify"
)

// natives are the programs in which Valkey GLIDE signs for itself, by language.
func natives() map[string]func(t *testing.T) program {
	return map[string]func(t *testing.T) program{
		"go": func(t *testing.T) program {
			needs.Program(t, "gcc", "Debian: apt install gcc libc6-dev")
			path := filepath.Join(t.TempDir(), "native")
			if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./go").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			return program{command: []string{path}}
		},
		"python": func(t *testing.T) program {
			return program{command: []string{filepath.Join(python().directory(t), "bin", "python"), "python/native.py"}}
		},
		"node": func(t *testing.T) program { return nodeProgram(node().directory(t), "node/native.cjs") },
		"java": func(t *testing.T) program { return javaProgram(java().directory(t), "Native") },
	}
}

// GLIDE connects with its own IAM mode wherever that can serve, and its token holds up to the same as everybody's. It has no way to ask for
// a serverless cache's token: the strict cache refuses it for just that, and the lenient one takes it.
func TestGlideSignsItself(t *testing.T) {
	needs.Server(t)
	public := serverless
	public.name, public.profile = "ElastiCache public endpoint", emulator.PublicEndpoint
	var caches []*cache
	for _, k := range []kind{nodeBased, memorydb, serverless.leniently(), public.leniently()} {
		caches = append(caches, k.openCluster(t))
	}
	for language, program := range natives() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := program(t)
			for _, c := range eachCredentials() {
				t.Run(c.name, func(t *testing.T) { checkNative(t, p, "glide-"+language, c, caches) })
			}
		})
	}
}

// checkNative connects a cluster client to each cache and a standalone one by way of a tap, and at last a client to a strict serverless cache.
func checkNative(t *testing.T, p program, signer string, c credentials, caches []*cache) {
	strict := serverless.open(t)
	var lines []string
	var taps []*tap
	for i, to := range caches {
		taps = append(taps, openTap(t, to))
		lines = append(lines, nativeLine("cluster", to.kind, to.port(t), to.CAFile()),
			nativeLine("standalone", to.kind, portOf(t, taps[i].addr()), to.CAFile()))
	}
	answers := p.answers(t, c, append(lines, nativeLine("standalone", strict.kind, strict.port(t), strict.CAFile())))
	for i, to := range caches {
		if direct, tapped := answers[2*i], answers[2*i+1]; direct != "PONG" || tapped != "PONG" {
			t.Errorf("%s with %s credentials to %s: %q directly, %q by way of the tap", signer, c.name, to.name, direct, tapped)
		}
		checkTapped(t, taps[i], sample{signer: signer, credentials: c}, to)
	}
	last := answers[len(answers)-1]
	t.Logf("%s with %s credentials to %s: %q", signer, c.name, strict.name, last)
	checkRefused(t, strict, last)
}

// checkRefused looks for the one reason. The end of the program may cut another attempt short.
func checkRefused(t *testing.T, strict *cache, answer string) {
	t.Helper()
	refused := 0
	for _, r := range strict.Refusals() {
		switch r.Reason {
		case verify.ResourceTypeMissing:
			refused++
		case emulator.HandshakeFailed:
		default:
			t.Errorf("%s: refused: %v, want %q", strict.name, r, verify.ResourceTypeMissing)
		}
	}
	if answer == "PONG" || refused == 0 || strict.Stats().Auths != 0 {
		t.Errorf("%s: %q, after %d refusals and %d authentications", strict.name, answer, refused, strict.Stats().Auths)
	}
}

func nativeLine(mode string, k kind, port, caFile string) string {
	return strings.Join([]string{mode, string(k.service), cacheName, cacheUser, region, port, caFile}, " ")
}

// checkTapped tampers with the token that GLIDE has sent by way of the tap.
func checkTapped(t *testing.T, tap *tap, s sample, to *cache) {
	t.Helper()
	tokens := tap.tokens()
	if len(tokens) == 0 {
		t.Fatalf("%s to %s: no token came by", s.signer, to.name)
	}
	s.token = tokens[0]
	if strings.Contains(s.token, "ResourceType") {
		t.Errorf("%s says ResourceType now, and documentation says that it does not", s.signer)
	}
	s.check(t, to)
}
