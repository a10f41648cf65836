package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/exec"

	"github.com/valetkey/valetkey/internal/valkeyserver"
)

const engineProgram = "valkey-server"

// An engine is a real valkey-server on a loopback port, with a password that nobody else knows. It ends with this process.
type engine struct {
	name, addr, password string

	server *valkeyserver.Server
}

// findEngine starts the valkey-server that is on PATH. Without one, or with one that does not start, there is none, which the
// note says.
func findEngine(ctx context.Context) (e *engine, note string) {
	path, err := exec.LookPath(engineProgram)
	if err != nil {
		return nil, "\n(With " + engineProgram + " on PATH it would be a real one.)"
	}
	password := rand.Text()
	s, err := valkeyserver.Start(ctx, valkeyserver.Config{Program: path, Password: password})
	if err != nil {
		return nil, fmt.Sprintf("\n(%s did not start: %v)", path, err)
	}
	return &engine{name: s.Version, addr: s.Addr, password: password, server: s}, ""
}

// stop kills the process and returns when it has ended. The engine holds nothing worth saving.
func (e *engine) stop() {
	if e != nil {
		_ = e.server.Stop() // at worst a directory stays in the one for temporary files
	}
}
