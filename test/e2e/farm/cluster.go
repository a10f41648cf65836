package farm

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const slots = 16384

// join makes a cluster of the nodes.
func (f *Farm) join() error {
	for i, n := range f.Nodes {
		id, err := n.Do("CLUSTER", "MYID")
		if err != nil {
			return err
		}
		n.ID = id
		if i < f.options.Masters {
			first, last := slots*i/f.options.Masters, slots*(i+1)/f.options.Masters-1
			if _, err := n.Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last)); err != nil {
				return err
			}
		}
		// Epochs that differ from the start spare the nodes from sorting them out.
		if _, err := n.Do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)); err != nil {
			return err
		}
	}
	if err := f.meet(); err != nil {
		return err
	}
	if err := f.replicate(); err != nil {
		return err
	}
	return f.Await(func(n *Node) (bool, error) {
		info, err := n.Do("CLUSTER", "INFO")
		if err != nil || !strings.Contains(info, "cluster_state:ok") {
			return false, err
		}
		table, err := n.Do("CLUSTER", "SLOTS")
		return f.names(table), err
	})
}

// names reports whether a table of the slots has every node in it, under the address of its emulator.
func (f *Farm) names(table string) bool {
	for _, n := range f.Nodes {
		if !strings.Contains(table, "localhost\r\n:"+strconv.Itoa(n.door.port())+"\r\n") {
			return false
		}
	}
	return true
}

// meet introduces everybody to everybody, and waits until they know each other and the way to each other's clients.
func (f *Farm) meet() error {
	for _, n := range f.Nodes {
		for _, other := range f.Nodes {
			if _, err := n.Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(other.Port), strconv.Itoa(other.busPort)); err != nil {
				return err
			}
		}
	}
	return f.Await(func(n *Node) (bool, error) {
		nodes, err := n.Do("CLUSTER", "NODES")
		return err == nil && f.knows(nodes), err
	})
}

func (f *Farm) knows(nodes string) bool {
	for _, other := range f.Nodes {
		if !strings.Contains(nodes, other.ID+" 127.0.0.1:"+strconv.Itoa(other.door.port())+"@") {
			return false
		}
	}
	return strings.Count(nodes, "\n") == len(f.Nodes) && !strings.Contains(nodes, "handshake") &&
		strings.Count(nodes, ",localhost ") == len(f.Nodes)
}

func (f *Farm) replicate() error {
	for i, n := range f.Nodes[f.options.Masters:] {
		if _, err := n.Do("CLUSTER", "REPLICATE", f.Nodes[i%f.options.Masters].ID); err != nil {
			return err
		}
	}
	return f.Await(func(n *Node) (bool, error) {
		info, err := n.Do("INFO", "replication")
		return strings.Contains(info, "role:master") || strings.Contains(info, "master_link_status:up"), err
	})
}

// Await asks each node until ok says that it is, for 30 seconds.
func (f *Farm) Await(ok func(*Node) (bool, error)) error {
	deadline := time.Now().Add(30 * time.Second)
	for _, n := range f.Nodes {
		for {
			yes, err := ok(n)
			if err != nil {
				return err
			}
			if yes {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("node %s is not ready after 30 s", n.Addr)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// Do sends a command about a key to whichever server has the key.
func (f *Farm) Do(args ...string) (string, error) {
	var last error
	for _, n := range f.Nodes {
		reply, err := n.Do(args...)
		if err == nil {
			return reply, nil
		}
		if last = err; !strings.HasPrefix(err.Error(), "MOVED") {
			return "", fmt.Errorf("%s: %w", args[0], err)
		}
	}
	return "", last
}
