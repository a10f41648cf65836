package valkeyserver

import (
	"errors"
	"fmt"
	"os/exec"
)

// ErrMissing is the error when there is no server program to run.
var ErrMissing = errors.New("valkey-server is not on PATH (Debian: apt install valkey-server)")

// Find returns the path of valkey-server, or of redis-server where there is no valkey-server on PATH.
func Find() (string, error) {
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// locate turns a name on PATH or a path into a path; "" finds one.
func locate(program string) (string, error) {
	if program == "" {
		return Find()
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%w; install it, or name its path", err)
	}
	return path, nil
}
