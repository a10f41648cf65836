package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/valetkey/valetkey/internal/needs"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"valetkey": main})
}

// TestScripts runs the program as a user does: its output, its errors with their hints, and its exit codes.
func TestScripts(t *testing.T) {
	if needs.Everything() { // elsewhere the scripts leave out what they cannot do
		needs.CLI(t)
		needs.Server(t)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"emulator":  startEmulator,
			"logged":    emulatorLogged,
			"savelog":   saveLog,
			"terminate": terminateEmulator,
			"sidecar":   startSidecar,
			"said":      sidecarSaid,
			"end":       endSidecar,
			"adminenv":  adminEnv,
		},
	})
}

// setUp also names the directory that holds the program alone: a PATH without anything else.
func setUp(env *testscript.Env) error {
	program, err := exec.LookPath("valetkey")
	env.Vars = append(env.Vars, "BINDIR="+filepath.Dir(program))
	return errors.Join(err, awayFromAWS(env))
}

// awayFromAWS keeps the AWS SDK off the developer's own configuration and off the network.
func awayFromAWS(env *testscript.Env) error {
	none := filepath.Join(env.WorkDir, "no-such-file")
	env.Vars = append(env.Vars, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none)
	return nil
}

// exits runs a command that must end with the given code: exits 2 valetkey nosuch.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], got, want)
	}
}
