package farm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

// A Node is one valkey-server with its emulator.
type Node struct {
	// Addr is where clients come by, and what the server announces in a cluster.
	Addr string
	// Emulator stands in front of the server.
	Emulator *emulator.Server
	// Admin talks to the server itself.
	Admin *Admin
	// ID is the node's name in its cluster.
	ID string

	// Port is where the server itself listens, on 127.0.0.1.
	Port int

	busPort int
	door    *door
	process *exec.Cmd
	log     chan string
}

func (f *Farm) startNode() (*Node, error) {
	var err error
	for range 5 { // somebody may take the port in the meantime
		var n *Node
		if n, err = f.tryNode(); err == nil {
			return n, nil
		}
	}
	return nil, err
}

func (f *Farm) tryNode() (_ *Node, err error) {
	n := &Node{log: make(chan string, 1000)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.Port, n.busPort, err = twoPorts(); err != nil {
		return nil, err
	}
	dir := filepath.Join(f.dir, strconv.Itoa(n.Port))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if n.door, err = openDoor(n.backend(), f.noteStranger); err != nil {
		return nil, err
	}
	n.Addr = net.JoinHostPort("localhost", strconv.Itoa(n.door.port()))
	if err := n.run(n.arguments(f.options, dir)); err != nil {
		return nil, err
	}
	n.Admin = &Admin{addr: n.backend()}
	n.emulate(f)
	return n, nil
}

func (n *Node) backend() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.Port)) }

// arguments make a node announce its emulator, under a host name, as a node of AWS with TLS does.
// Its news reach every other node within half the node timeout.
func (n *Node) arguments(o Options, dir string) []string {
	args := []string{"--port", strconv.Itoa(n.Port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir,
		"--repl-diskless-sync-delay", "0"}
	if o.Masters == 0 {
		return args
	}
	return append(args, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(n.busPort),
		"--cluster-announce-bus-port", strconv.Itoa(n.busPort), "--cluster-announce-port", strconv.Itoa(n.door.port()),
		"--cluster-announce-ip", "127.0.0.1", "--cluster-announce-hostname", "localhost",
		"--cluster-preferred-endpoint-type", "hostname", "--cluster-node-timeout", "4000",
		"--cluster-allow-replica-migration", "no") // a master that has given its last slot away would become a replica, and wait for nobody
}

func (n *Node) run(args []string) error {
	n.process = exec.Command("valkey-server", args...)
	out, err := n.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.process.Start(); err != nil {
		n.process = nil
		return err
	}
	go n.follow(out)
	return n.await("Ready to accept connections")
}

// follow reads the log to its end, so that the server never waits for a reader.
func (n *Node) follow(out io.Reader) {
	defer close(n.log)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		select {
		case n.log <- lines.Text():
		default: // nobody waits for a line any more
		}
	}
}

// await returns when the server has logged a line with the text.
func (n *Node) await(text string) error {
	limit := time.After(30 * time.Second)
	var last string
	for {
		select {
		case line, ok := <-n.log:
			if !ok {
				return fmt.Errorf("valkey-server ended before it said %q; its last words: %s", text, last)
			}
			if last = line; strings.Contains(line, text) {
				return nil
			}
		case <-limit:
			return fmt.Errorf("valkey-server has not said %q in 30 s; its last words: %s", text, last)
		}
	}
}

// emulate starts the emulator behind the door. All of a farm have one authority.
func (n *Node) emulate(f *Farm) {
	n.Emulator = &emulator.Server{Config: emulator.Config{
		Upstream: n.backend(), SessionLimit: f.options.Session, TLSDir: filepath.Join(f.dir, "ca"), OnEvent: f.options.OnEvent,
	}}
	for _, name := range f.options.Users {
		n.Emulator.Users = append(n.Emulator.Users, emulator.User{Name: name})
	}
	go n.Emulator.Serve(context.Background(), n.door.tls) // until close
}

func (n *Node) close() error {
	if n.door != nil {
		n.door.Close()
	}
	if n.Emulator != nil {
		n.Emulator.Close()
	}
	if n.Admin != nil {
		n.Admin.Close()
	}
	if n.process == nil {
		return nil
	}
	err := n.process.Process.Kill()
	_ = n.process.Wait() // killed: the error says so
	return err
}

// twoPorts finds two loopback ports that nobody uses at the moment.
func twoPorts() (a, b int, err error) {
	for _, port := range []*int{&a, &b} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, 0, err
		}
		defer ln.Close() // both are held until both are found
		*port = ln.Addr().(*net.TCPAddr).Port
	}
	return a, b, nil
}
