package examples_test

import (
	"testing"

	"github.com/valetkey/valetkey/internal/twin"
)

// Each file is replaced at once, because a build may be reading it.
//
//go:generate sh -c "for f in main client use main_test; do sed -e 's#github.com/valkey-io/valkey-go#github.com/redis/rueidis#; s/valkey[.]/rueidis./g; s/valkey-go/rueidis/g; s/valkeygo/rueidis/g; s/IsValkeyNil/IsRedisNil/g; 1i // Code generated from examples/valkeygo by go generate. DO NOT EDIT. The two clients have one interface under two names.\\n' valkeygo/${DOLLAR}f.go | gofmt >rueidis/${DOLLAR}f.new && mv rueidis/${DOLLAR}f.new rueidis/${DOLLAR}f.go || exit; done"

// What is for rueidis here is what go generate makes of what is for valkey-go.
func TestGenerated(t *testing.T) {
	twin.Check(t, "example_rueidis_test.go", "rueidis/main.go", "rueidis/client.go", "rueidis/use.go", "rueidis/main_test.go")
}
