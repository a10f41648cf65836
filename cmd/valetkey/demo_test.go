//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/needs"
)

// Ctrl-C goes to every process of a terminal. It ends the demo early with its result, and not the engine under its feet.
func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	needs.Server(t)
	var stdout bytes.Buffer
	cmd := exec.Command("valetkey", "demo", "--duration", "30s", "--json")
	cmd.Stdout = &stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	for s := bufio.NewScanner(stderr); s.Scan(); {
		if strings.Contains(s.Text(), " renewals") { // the first line about the run
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, &stdout)
	}
	var got struct {
		OK, Interrupted bool
		Engine          string
		Renewals        int
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatalf("%v: %q", err, &stdout)
	}
	if !got.OK || !got.Interrupted || got.Renewals == 0 || !strings.HasPrefix(got.Engine, "valkey-server ") {
		t.Errorf("got %s", &stdout)
	}
}
