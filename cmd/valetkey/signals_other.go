//go:build !unix

package main

import "os"

func passable() []os.Signal { return []os.Signal{os.Interrupt} }
