package main

import (
	"errors"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// sidecars finds a script's proxy by the script's name.
var sidecars sync.Map

// startSidecar runs valetkey proxy for the script's emulator until it listens, and sets LOCAL to its port and ADMIN to the admin endpoint's
// address: sidecar FLAG... With --config first there are no other flags than those given.
func startSidecar(ts *testscript.TestScript, neg bool, args []string) {
	url := "rediss://app@127.0.0.1:" + ts.Getenv("PORT") + "?name=orders&region=eu-west-1"
	flags := []string{"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--ca-file", "files/ca.pem", url}
	if len(args) > 0 && args[0] == "--config" {
		flags = nil
	}
	p := startProcess(ts, "proxy", append(flags, args...))
	sidecars.Store(ts.Name(), p)
	listening := p.await(ts, `msg=listening address=(\S+)`)
	ts.Setenv("ADMIN", p.await(ts, `msg=admin address=(\S+)`)[1])
	if _, port, err := net.SplitHostPort(listening[1]); err == nil {
		ts.Setenv("LOCAL", port)
	}
}

func sidecarOf(ts *testscript.TestScript) *process {
	p, ok := sidecars.Load(ts.Name())
	if !ok {
		ts.Fatalf("no sidecar runs in this script")
	}
	return p.(*process)
}

// sidecarSaid waits for a line of the log: said PATTERN. With ! no line may match up to now.
func sidecarSaid(ts *testscript.TestScript, neg bool, args []string) {
	sidecarOf(ts).said(ts, neg, args)
}

// endSidecar sends SIGTERM, or with "wait" nothing, and wants the exit code: end CODE [wait].
func endSidecar(ts *testscript.TestScript, neg bool, args []string) {
	p := sidecarOf(ts)
	if len(args) < 2 {
		ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	}
	p.awaitEnd(ts)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](p.cmd.Wait()); ok {
		code = exit.ExitCode()
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("the sidecar ended with %d, want %s:\n%s", code, args[0], p.log())
	}
}
