//go:build !cgo

package e2e

import "testing"

// Without a C compiler nothing of GLIDE can be built; this stands for its tests in the list of those that did not run.
func TestGlide(t *testing.T) { requireTool(t, "a C compiler, which GLIDE needs", false) }
