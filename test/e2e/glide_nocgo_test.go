//go:build !cgo

package e2e

import (
	"testing"

	"github.com/valetkey/valetkey/internal/needs"
)

// Without a C compiler nothing of GLIDE can be built; this stands for its tests in the list of those that did not run.
func TestGlide(t *testing.T) {
	needs.That(t, false, "a C compiler, which GLIDE needs (Debian: apt install gcc)")
}
