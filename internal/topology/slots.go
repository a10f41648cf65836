package topology

import (
	"net/netip"
	"strconv"

	"github.com/valetkey/valetkey/internal/resp"
)

// slots finds the nodes in the reply to CLUSTER SLOTS: rows of a first slot, a last slot and the nodes that serve them.
func (r *roll) slots(v *resp.Value) {
	for _, row := range v.Elems {
		for _, node := range row.Elems[min(2, len(row.Elems)):] {
			r.slotsNode(node)
		}
	}
}

// slotsNode takes a node of a row: its endpoint, its port, its id, and from Redis 7 on what else is known of where it is.
func (r *roll) slotsNode(v *resp.Value) {
	if v.Kind != '*' || len(v.Elems) < 2 || v.Elems[1].Kind != ':' {
		return
	}
	f := fields{hosts: v.Elems[:1:1], ports: v.Elems[1:2:2]}
	n := Node{Endpoint: host(v.Elems[0]), Port: port(v.Elems[1].Text)}
	if len(v.Elems) > 3 {
		for key, value := range pairs(v.Elems[3]) {
			switch string(key.Text) {
			case "ip":
				n.IP = f.host(value)
			case "hostname":
				n.Hostname = f.host(value)
			}
		}
	}
	r.add(n, f.set)
}

// shards finds the nodes in the reply to CLUSTER SHARDS.
func (r *roll) shards(v *resp.Value) {
	for _, shard := range v.Elems {
		for key, nodes := range pairs(shard) {
			if string(key.Text) != "nodes" {
				continue
			}
			for _, node := range nodes.Elems {
				r.shardsNode(node)
			}
		}
	}
}

// shardsNode takes a node of a shard. A node that has no port but one for TLS gets a "port": its clients here speak none.
func (r *roll) shardsNode(v *resp.Value) {
	var f fields
	var n Node
	var rename *resp.Value
	for key, value := range pairs(v) {
		switch string(key.Text) {
		case "endpoint":
			n.Endpoint = host(value)
			f.hosts = append(f.hosts, value)
		case "ip":
			n.IP = f.host(value)
		case "hostname":
			n.Hostname = f.host(value)
		case "port":
			n.Port = f.port(value)
		case "tls-port":
			n.TLSPort, rename = f.port(value), key
		}
	}
	r.add(n, func(local netip.AddrPort) {
		f.set(local)
		if n.Port == 0 {
			rename.Text = []byte("port")
		}
	})
}

// fields are the parts of a reply that say where one node is.
type fields struct{ hosts, ports []*resp.Value }

// host takes a host, which is replaced if there is one.
func (f *fields) host(v *resp.Value) string {
	h := host(v)
	if h != "" {
		f.hosts = append(f.hosts, v)
	}
	return h
}

func (f *fields) port(v *resp.Value) int {
	f.ports = append(f.ports, v)
	return port(v.Text)
}

func (f *fields) set(local netip.AddrPort) {
	for _, h := range f.hosts {
		*h = resp.Value{Kind: '$', Text: []byte(local.Addr().String())}
	}
	for _, p := range f.ports {
		p.Text = strconv.AppendUint(nil, uint64(local.Port()), 10)
	}
}

// host reads a host; "" if it is a null.
func host(v *resp.Value) string {
	if v.Kind == '$' {
		return string(v.Text)
	}
	return ""
}

// pairs are the keys and values of a map, which RESP2 writes as an array.
func pairs(v *resp.Value) func(yield func(key, value *resp.Value) bool) {
	return func(yield func(key, value *resp.Value) bool) {
		for i := 0; i+1 < len(v.Elems) && (v.Kind == '*' || v.Kind == '%'); i += 2 {
			if !yield(v.Elems[i], v.Elems[i+1]) {
				return
			}
		}
	}
}
