package controlplane

import (
	"os"
	"testing"
)

// requireTool ends a test that cannot run without what, unless ok: the test is skipped on a developer's machine,
// and fails where nothing may be left out (CI=true or VALETKEY_REQUIRE_ALL=1).
func requireTool(t *testing.T, what string, ok bool) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("CI") == "true" || os.Getenv("VALETKEY_REQUIRE_ALL") == "1":
		t.Fatalf("%s is missing, and no test may be left out here", what)
	default:
		t.Skipf("not run: %s is missing", what)
	}
}
