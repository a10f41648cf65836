package farm

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

// FailOver has a replica of a master take its place, and returns the replica when all nodes know.
func (f *Farm) FailOver(master *Node) (*Node, error) {
	replica, err := f.replicaOf(master)
	if err != nil {
		return nil, err
	}
	if _, err := replica.Do("CLUSTER", "FAILOVER"); err != nil {
		return nil, err
	}
	return replica, f.Await(func(n *Node) (bool, error) {
		nodes, err := n.Do("CLUSTER", "NODES")
		return flagged(nodes, replica.ID, "master") && flagged(nodes, master.ID, "slave"), err
	})
}

// flagged reports whether a list of nodes says of one that it is something.
func flagged(nodes, id, flag string) bool {
	for line := range strings.Lines(nodes) {
		if fields := strings.Fields(line); fields[0] == id {
			return strings.Contains(fields[2], flag)
		}
	}
	return false
}

func (f *Farm) replicaOf(master *Node) (*Node, error) {
	nodes, err := master.Do("CLUSTER", "REPLICAS", master.ID)
	for _, n := range f.Nodes {
		if strings.Contains(nodes, "\n"+n.ID+" ") {
			return n, err
		}
	}
	return nil, errors.Join(err, fmt.Errorf("%s has no replica: %q", master.Addr, nodes))
}

// Masters are the nodes that are masters now, in the order of Nodes.
func (f *Farm) Masters() (all []*Node, err error) {
	for _, n := range f.Nodes {
		nodes, err := n.Do("CLUSTER", "NODES")
		if err != nil {
			return nil, err
		}
		if flagged(nodes, n.ID, "master") {
			all = append(all, n)
		}
	}
	return all, nil
}

// AddShard starts a master and a replica of it, which the others know when it returns. It has no slots yet.
func (f *Farm) AddShard() (master *Node, err error) {
	var added []*Node
	for range 2 {
		n, err := f.startNode()
		if err != nil {
			return nil, err
		}
		f.Nodes, added = append(f.Nodes, n), append(added, n)
		if n.ID, err = n.Do("CLUSTER", "MYID"); err != nil {
			return nil, err
		}
	}
	for _, n := range f.Nodes {
		for _, other := range added {
			if _, err := n.Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(other.Port), strconv.Itoa(other.busPort)); err != nil {
				return nil, err
			}
		}
	}
	if err := f.acquainted(); err != nil {
		return nil, err
	}
	master, replica := added[0], added[1]
	if _, err := replica.Do("CLUSTER", "REPLICATE", master.ID); err != nil {
		return nil, err
	}
	return master, f.Await(func(n *Node) (bool, error) {
		nodes, err := n.Do("CLUSTER", "NODES")
		if !flagged(nodes, replica.ID, "slave") {
			return false, err
		}
		info, err := n.Do("CLUSTER", "INFO") // a new master takes no key before it trusts the others
		return strings.Contains(info, "cluster_state:ok"), err
	})
}

// acquainted waits until all nodes know each other.
func (f *Farm) acquainted() error {
	return f.Await(func(n *Node) (bool, error) {
		nodes, err := n.Do("CLUSTER", "NODES")
		return err == nil && f.knows(nodes), err
	})
}

// Kill ends a node without a word to the others, who have a replica of it take over. It returns when one has.
func (f *Farm) Kill(master *Node) error {
	before, err := f.Masters()
	if err != nil {
		return err
	}
	f.Nodes = slices.DeleteFunc(slices.Clone(f.Nodes), func(n *Node) bool { return n == master })
	f.gone = append(f.gone, master)
	if err := master.close(); err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if now, err := f.Masters(); err != nil || len(now) == len(before) {
			return err
		}
	}
	return fmt.Errorf("nobody has taken over from %s in 30 s", master.Addr)
}

// RemoveShard ends a master without slots and its replica, and has the others forget them.
func (f *Farm) RemoveShard(master *Node) error {
	replica, err := f.replicaOf(master)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(f.Nodes), func(n *Node) bool { return n == master || n == replica })
	f.Nodes = rest
	f.gone = append(f.gone, replica, master)
	for _, gone := range []*Node{replica, master} {
		if err := gone.close(); err != nil {
			return err
		}
		for _, n := range rest {
			if _, err := n.Do("CLUSTER", "FORGET", gone.ID); err != nil {
				return fmt.Errorf("forget %s: %w", gone.Addr, err)
			}
		}
	}
	return f.acquainted()
}

// MoveSlot moves a slot with its keys to a master, as valkey-cli does. It calls pause between the steps, so that clients meet with
// each state.
func (f *Farm) MoveSlot(slot int, to *Node, pause func()) error {
	from, err := f.owner(slot)
	if err != nil || from == to {
		return err
	}
	number := strconv.Itoa(slot)
	if _, err := to.Do("CLUSTER", "SETSLOT", number, "IMPORTING", from.ID); err != nil {
		return err
	}
	if _, err := from.Do("CLUSTER", "SETSLOT", number, "MIGRATING", to.ID); err != nil {
		return err
	}
	pause()
	if err := moveKeys(number, from, to, pause); err != nil {
		return err
	}
	for _, n := range []*Node{to, from} {
		if _, err := n.Do("CLUSTER", "SETSLOT", number, "NODE", to.ID); err != nil {
			return err
		}
	}
	return nil
}

// moveKeys moves the keys of a slot, one by one.
func moveKeys(slot string, from, to *Node, pause func()) error {
	for {
		found, err := from.Do("CLUSTER", "GETKEYSINSLOT", slot, "100")
		if err != nil {
			return err
		}
		keys := resp.ParseValue([]byte(found + "\r\n")).Elems
		if len(keys) == 0 {
			return nil
		}
		for _, k := range keys {
			if _, err := from.Do("MIGRATE", "127.0.0.1", strconv.Itoa(to.Port), string(k.Text), "0", "5000"); err != nil {
				return fmt.Errorf("MIGRATE %s: %w", k.Text, err)
			}
			pause()
		}
	}
}

// Slot is the slot of a key.
func (f *Farm) Slot(key string) (int, error) {
	slot, err := f.Nodes[0].Do("CLUSTER", "KEYSLOT", key)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(slot)
}

// owner is the master that has a slot. It is asked for one that the slot's own master calls stable.
func (f *Farm) owner(slot int) (*Node, error) {
	for _, n := range f.Nodes {
		nodes, err := n.Do("CLUSTER", "NODES")
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(nodes) {
			if fields := strings.Fields(line); fields[0] == n.ID && strings.Contains(fields[2], "master") && covers(fields[8:], slot) {
				return n, nil
			}
		}
	}
	return nil, fmt.Errorf("no master has slot %d", slot)
}

// covers reports whether a slot is in one of the ranges of a node's line.
func covers(ranges []string, slot int) bool {
	for _, r := range ranges {
		first, last, pair := strings.Cut(r, "-")
		if !pair {
			last = first
		}
		a, err := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err == nil && err2 == nil && a <= slot && slot <= b {
			return true
		}
	}
	return false
}
