package emulator

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// A topology answers CLUSTER's questions for the embedded engine: one shard that has all slots. Real servers answer them
// themselves.
type topology struct {
	nodes []topologyNode // the primary first
	me    string
	resp3 bool
}

type topologyNode struct {
	id, host string
	port     int
	replica  bool
	down     bool
}

// topology is what the node sees.
func (s *Server) topology(me *node, resp3 bool) topology {
	d := s.deployment
	d.mu.Lock()
	defer d.mu.Unlock()
	t := topology{me: me.id, resp3: resp3}
	for _, n := range d.nodes {
		host, port, _ := net.SplitHostPort(n.endpoint.addr)
		number, _ := strconv.Atoi(port)
		seen := topologyNode{n.id, host, number, n.replica, n.down}
		if !n.replica {
			t.nodes = append([]topologyNode{seen}, t.nodes...)
			continue
		}
		t.nodes = append(t.nodes, seen)
	}
	return t
}

// answer is the reply to CLUSTER with these arguments. The errors are the engine's, measured on valkey-server 8.0.1.
func (t topology) answer(args []string) []byte {
	switch sub := strings.ToUpper(args[0]); {
	case sub == "SLOTS" && len(args) == 1:
		return t.slots()
	case sub == "SHARDS" && len(args) == 1:
		return t.shards()
	case sub == "NODES" && len(args) == 1:
		return resp.AppendBulk(nil, t.lines(t.nodes))
	case sub == "MYID" && len(args) == 1:
		return resp.AppendBulk(nil, t.me)
	case sub == "INFO" && len(args) == 1:
		return resp.AppendBulk(nil, t.info())
	case sub == "KEYSLOT" && len(args) == 2:
		return resp.AppendInt(nil, int64(slot(args[1])))
	case (sub == "REPLICAS" || sub == "SLAVES") && len(args) == 2:
		return t.replicas(args[1])
	case strings.Contains(" SLOTS SHARDS NODES MYID INFO KEYSLOT REPLICAS SLAVES ", " "+sub+" "):
		return resp.AppendError(nil, "ERR wrong number of arguments for 'cluster|"+strings.ToLower(sub)+"' command")
	}
	return resp.AppendError(nil, "ERR unknown subcommand '"+clip([]byte(args[0]))+"'. Try CLUSTER HELP.")
}

// slots is one range, with its primary and its replicas: host, port, id, and no further names, as a user shows it of a serverless
// cache.
func (t topology) slots() []byte {
	up := t.up()
	b := resp.AppendArray(nil, 1)
	b = resp.AppendArray(b, 2+len(up))
	b = resp.AppendInt(resp.AppendInt(b, 0), slots-1)
	for _, n := range up {
		b = resp.AppendArray(b, 4)
		b = resp.AppendBulk(b, n.host)
		b = resp.AppendInt(b, int64(n.port))
		b = resp.AppendBulk(b, n.id)
		b = t.pairs(b, 0)
	}
	return b
}

func (t topology) up() (up []topologyNode) {
	for _, n := range t.nodes {
		if !n.down {
			up = append(up, n)
		}
	}
	return up
}

// pairs begins a map, which is an array in RESP2.
func (t topology) pairs(b []byte, n int) []byte {
	if t.resp3 {
		return resp.AppendMap(b, n)
	}
	return resp.AppendArray(b, 2*n)
}

func (t topology) shards() []byte {
	b := t.pairs(resp.AppendArray(nil, 1), 2)
	b = resp.AppendArray(resp.AppendBulk(b, "slots"), 2)
	b = resp.AppendInt(resp.AppendInt(b, 0), slots-1)
	b = resp.AppendArray(resp.AppendBulk(b, "nodes"), len(t.nodes))
	for _, n := range t.nodes {
		b = t.shardNode(b, n)
	}
	return b
}

func (t topology) shardNode(b []byte, n topologyNode) []byte {
	role, health := "master", "online"
	if n.replica {
		role = "replica"
	}
	if n.down {
		health = "fail"
	}
	b = t.pairs(b, 8)
	b = resp.AppendBulk(resp.AppendBulk(b, "id"), n.id)
	b = resp.AppendInt(resp.AppendBulk(b, "port"), int64(n.port))
	for _, pair := range [][2]string{{"ip", "127.0.0.1"}, {"endpoint", n.host}, {"hostname", n.host}, {"role", role}} {
		b = resp.AppendBulk(resp.AppendBulk(b, pair[0]), pair[1])
	}
	b = resp.AppendInt(resp.AppendBulk(b, "replication-offset"), 0)
	return resp.AppendBulk(resp.AppendBulk(b, "health"), health)
}

// lines are those of CLUSTER NODES.
func (t topology) lines(nodes []topologyNode) string {
	var b strings.Builder
	for _, n := range nodes {
		flags, primary, owned := "master", "-", " 0-16383"
		if n.replica {
			flags, primary, owned = "slave", t.nodes[0].id, ""
		}
		if n.id == t.me {
			flags = "myself," + flags
		}
		if n.down {
			flags += ",fail"
		}
		fmt.Fprintf(&b, "%s 127.0.0.1:%d@%d,%s %s %s 0 0 1 connected%s\n", n.id, n.port, n.port, n.host, flags, primary, owned)
	}
	return b.String()
}

// replicas are the lines of a primary's replicas, or the engine's error for an id that is none.
func (t topology) replicas(id string) []byte {
	if id != t.nodes[0].id {
		return resp.AppendError(nil, "ERR Unknown node "+clip([]byte(id)))
	}
	b := resp.AppendArray(nil, len(t.nodes)-1)
	for _, n := range t.nodes[1:] {
		b = resp.AppendBulk(b, strings.TrimSuffix(t.lines([]topologyNode{n}), "\n"))
	}
	return b
}

func (t topology) info() string {
	return fmt.Sprintf("cluster_enabled:1\r\ncluster_state:ok\r\ncluster_slots_assigned:%d\r\ncluster_slots_ok:%d\r\n"+
		"cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:%d\r\ncluster_size:1\r\n"+
		"cluster_current_epoch:1\r\ncluster_my_epoch:1\r\n", slots, slots, len(t.nodes))
}
