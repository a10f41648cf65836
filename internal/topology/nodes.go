package topology

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// text finds the nodes in the reply to CLUSTER NODES: lines, in a bulk or in RESP3's text with a format before it. The function it
// returns puts the lines back.
func (r *roll) text(v *resp.Value) (finish func()) {
	if v.Kind != '$' && v.Kind != '=' {
		return func() {}
	}
	body := v.Text
	if v.Kind == '=' {
		body = body[min(len("txt:"), len(body)):]
	}
	format := v.Text[:len(v.Text)-len(body)]
	lines := bytes.SplitAfter(body, []byte("\n"))
	for i := range lines {
		r.line(&lines[i])
	}
	return func() { v.Text = append(bytes.Clone(format), bytes.Join(lines, nil)...) }
}

// texts is text for the reply to CLUSTER REPLICAS, an array of lines.
func (r *roll) texts(v *resp.Value) (finish func()) {
	var all []func()
	for _, e := range v.Elems {
		all = append(all, r.text(e))
	}
	return func() {
		for _, f := range all {
			f()
		}
	}
}

// line takes a node's line: its id, "IP:PORT@BUSPORT" with a host name and more behind commas, and what it does.
func (r *roll) line(line *[]byte) {
	id, rest, ok := strings.Cut(string(*line), " ")
	where, rest, _ := strings.Cut(rest, " ")
	address, bus, more := strings.Cut(where, "@")
	colon := strings.LastIndexByte(address, ':')
	if !ok || !more || colon < 0 {
		return
	}
	bus, name, named := strings.Cut(bus, ",")
	name, others, further := strings.Cut(name, ",")
	n := Node{Endpoint: name, IP: address[:colon], Hostname: name, Port: port([]byte(address[colon+1:]))}
	if name == "" || name == "?" {
		n.Endpoint, n.Hostname = n.IP, ""
	}
	r.add(n, func(local netip.AddrPort) {
		host := local.Addr().String()
		out := id + " " + host + ":" + strconv.Itoa(int(local.Port())) + "@" + bus
		if named {
			out += "," + name
		}
		if name != "" {
			out = strings.TrimSuffix(out, name) + host
		}
		if further {
			out += "," + others
		}
		*line = []byte(out + " " + rest)
	})
}
