//go:build cgo

package glide_test

import (
	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"

	"github.com/valetkey/valetkey/glide"
)

// The compiler proves what the package comment says of GLIDE's clients.
var (
	_ glide.Client = (*valkeyglide.Client)(nil)
	_ glide.Client = (*valkeyglide.ClusterClient)(nil)
)
