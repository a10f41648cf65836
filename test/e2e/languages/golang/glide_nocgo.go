//go:build !cgo

package main

import "errors"

func connectGlide(place) (client, error) {
	return nil, errors.New("GLIDE is a native library: build with a C compiler")
}
