//go:build unix && !linux

package valkeyserver

import "syscall"

// detached keeps the terminal's Ctrl-C away from the server, which is needed to the end.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
