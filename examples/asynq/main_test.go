package main

import (
	"testing"

	"github.com/valetkey/valetkey/examples/internal/stage"
)

// The program outlives several sessions.
func TestRun(t *testing.T) { stage.New(t).Outlives(t, run) }

// The client's own hook connects too.
func TestRunPull(t *testing.T) { stage.New(t).Pulls(t, run) }
