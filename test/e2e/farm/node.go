package farm

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strconv"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// A Node is one valkey-server with its emulator.
type Node struct {
	// Addr is where clients come by, and what the server announces in a cluster.
	Addr string
	// Emulator stands in front of the server.
	Emulator *emulator.Server
	// ID is the node's name in its cluster.
	ID string

	// Port is where the server itself listens, on 127.0.0.1.
	Port int

	busPort int
	door    *door
	server  *valkeyserver.Server
}

// startNode opens a door, and starts a server that announces it in a cluster.
func (f *Farm) startNode() (_ *Node, err error) {
	n := &Node{}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.door, err = openDoor(f.noteStranger); err != nil {
		return nil, err
	}
	n.Addr = net.JoinHostPort("localhost", strconv.Itoa(n.door.port()))
	if n.server, err = n.start(f.options); err != nil {
		return nil, err
	}
	n.Port, n.busPort = n.server.Port, n.server.BusPort
	n.door.backend.Store(&n.server.Addr)
	return n, n.emulate(f)
}

func (n *Node) start(o Options) (*valkeyserver.Server, error) {
	c := valkeyserver.Config{Program: "valkey-server"}
	if o.Masters == 0 {
		return valkeyserver.Start(context.Background(), c)
	}
	c.Args = []string{"--cluster-allow-replica-migration", "no"} // a master that has given its last slot away would become a replica, and wait for nobody
	return valkeyserver.StartNode(context.Background(), c, n.Addr)
}

// emulate starts the emulator behind the door, and returns when it is there. All of a farm have one authority.
func (n *Node) emulate(f *Farm) error {
	n.Emulator = &emulator.Server{Config: emulator.Config{
		Upstream: n.server.Addr, SessionLimit: f.options.Session, TLSDir: filepath.Join(f.dir, "ca"),
	}}
	if told := f.options.OnEvent; told != nil {
		n.Emulator.OnEvent = func(e emulator.Event) { told(n.Addr, e) }
	}
	for _, name := range f.options.Users {
		n.Emulator.Users = append(n.Emulator.Users, emulator.User{Name: name})
	}
	ended := make(chan error, 1)
	go func() { ended <- n.Emulator.Serve(context.Background(), n.door.tls) }() // until close
	select {
	case err := <-ended:
		return err
	case <-n.door.tls.there:
		return nil
	}
}

// Do sends a command to the server itself, past its emulator. It is [valkeyserver.Server.Do].
func (n *Node) Do(args ...string) (string, error) { return n.server.Do(args...) }

func (n *Node) close() error {
	if n.door != nil {
		n.door.Close()
	}
	if n.Emulator != nil {
		n.Emulator.Close()
	}
	return n.server.Stop()
}
