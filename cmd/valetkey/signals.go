package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// receiveSignals takes over what the program is sent, until stop is called.
func receiveSignals() (received chan os.Signal, stop func()) {
	received = make(chan os.Signal, 8)
	signal.Notify(received, passable()...)
	return received, func() {
		signal.Stop(received)
		close(received)
	}
}

// passOn sends the signals on. What a terminal sends, it sends to the command as well.
func passOn(received <-chan os.Signal, to *os.Process) {
	for s := range received {
		if !fromTerminal(s) {
			to.Signal(s) // an error means that it has ended
		}
	}
}

func fromTerminal(s os.Signal) bool {
	return (s == syscall.SIGINT || s == syscall.SIGQUIT) && term.IsTerminal(int(os.Stdin.Fd()))
}

// exitCode is the command's, or as shells have it for one that a signal has ended.
func exitCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
