//go:build !unix

package valkeyserver

import "syscall"

func detached() *syscall.SysProcAttr { return nil }
