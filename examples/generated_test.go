package examples_test

import (
	"testing"

	"github.com/valetkey/valetkey/internal/twin"
)

// example_rueidis_test.go is what go generate makes of example_valkeygo_test.go.
func TestGenerated(t *testing.T) { twin.Check(t, "example_rueidis_test.go") }
