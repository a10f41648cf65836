//go:build unix

package demo

import (
	"syscall"
	"testing"
)

// A terminal's Ctrl-C goes to the process group: the engine must have one of its own.
func TestEngineHasItsOwnGroup(t *testing.T) {
	e := realEngine(t)
	group, err := syscall.Getpgid(e.cmd.Process.Pid)
	if err != nil || group != e.cmd.Process.Pid {
		t.Errorf("process %d is in the group %d (%v)", e.cmd.Process.Pid, group, err)
	}
}
