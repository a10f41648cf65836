// Code generated from examples/valkeygo by go generate. DO NOT EDIT. The two clients have one interface under two names.

package main

import (
	"testing"

	"github.com/valetkey/valetkey/examples/internal/stage"
)

// The program outlives several sessions.
func TestRun(t *testing.T) {
	s := stage.New(t)
	if err := run(t.Context(), append(s.Args, "-for", "2500ms")); err != nil {
		t.Fatal(err)
	}
	s.Lasts(t)
}

// So it does with a cluster, whose nodes it dials under the names that they give themselves.
func TestRunCluster(t *testing.T) {
	s := stage.NewCluster(t)
	if err := run(t.Context(), append(s.Args, "-for", "2500ms")); err != nil {
		t.Fatal(err)
	}
	s.Lasts(t)
}

// So it does with a serverless cache.
func TestRunServerless(t *testing.T) {
	s := stage.NewServerless(t)
	if err := run(t.Context(), append(s.Args, "-for", "2500ms")); err != nil {
		t.Fatal(err)
	}
	s.Lasts(t)
}

// The client's own hook connects too.
func TestRunPull(t *testing.T) {
	s := stage.New(t)
	if err := run(t.Context(), append(s.Args, "-pull")); err != nil {
		t.Fatal(err)
	}
	if n := s.Server.Stats(); n.Auths == 0 || n.Refusals != 0 {
		t.Errorf("%d authenticated, refused %v", n.Auths, s.Server.Refusals())
	}
}
