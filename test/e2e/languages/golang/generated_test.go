package main

import (
	"testing"

	"github.com/valetkey/valetkey/internal/twin"
)

// rueidis.go is what go generate makes of valkeygo.go.
func TestGenerated(t *testing.T) { twin.Check(t, "rueidis.go") }
