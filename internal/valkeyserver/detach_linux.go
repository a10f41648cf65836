package valkeyserver

import "syscall"

// detached keeps the terminal's Ctrl-C away from the server, which is needed to the end, and takes the server along when this
// process is killed.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
