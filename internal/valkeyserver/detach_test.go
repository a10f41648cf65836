//go:build unix

package valkeyserver_test

import (
	"syscall"
	"testing"

	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// A terminal's Ctrl-C goes to the process group: the server must have one of its own.
func TestServerHasItsOwnGroup(t *testing.T) {
	t.Parallel()
	s := start(t, valkeyserver.Config{Program: programs(t)[0]})
	group, err := syscall.Getpgid(s.Pid())
	if err != nil || group != s.Pid() {
		t.Errorf("process %d is in the group %d (%v)", s.Pid(), group, err)
	}
}
