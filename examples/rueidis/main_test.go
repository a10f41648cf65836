// Code generated from examples/valkeygo by go generate. DO NOT EDIT. The two clients have one interface under two names.

package main

import (
	"testing"

	"github.com/valetkey/valetkey/examples/internal/stage"
)

// The program outlives several sessions.
func TestRun(t *testing.T) { stage.New(t).Outlives(t, run) }

// So it does with a cluster, whose nodes it dials under the names that they give themselves.
func TestRunCluster(t *testing.T) { stage.NewCluster(t).Outlives(t, run) }

// So it does with a serverless cache.
func TestRunServerless(t *testing.T) { stage.NewServerless(t).Outlives(t, run) }

// The client's own hook connects too.
func TestRunPull(t *testing.T) { stage.New(t).Pulls(t, run) }
