package valetkeyprom

import (
	"testing"

	"github.com/valetkey/valetkey/internal/twin"
)

//go:generate sh -c "for f in play page; do sed -e 's/^package valetkeyotel/package valetkeyprom/; 1i // Code generated from observe/otel by go generate. DO NOT EDIT.\\n' ../otel/${DOLLAR}{f}_test.go >${DOLLAR}{f}_test.go || exit; done"

// The same happens to the dialer here as in observe/otel, and the same page is read.
func TestGenerated(t *testing.T) { twin.Check(t, "play_test.go", "page_test.go") }
