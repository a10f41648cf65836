//go:build unix

package main

import (
	"os"
	"syscall"
)

// passable are the signals that exec passes on.
func passable() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2}
}
