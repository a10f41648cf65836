//go:build !cgo

package main

// glideDriver says why GLIDE's rows cannot be run: it is a native library.
func glideDriver() *driver {
	return &driver{name: "GLIDE", missing: "this program was built without cgo, which GLIDE needs: install a C compiler (Debian: apt install gcc)"}
}
