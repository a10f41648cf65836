//go:build unix && !linux

package demo

import "syscall"

// detached keeps the terminal's Ctrl-C away from the engine, which is needed to the end.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
