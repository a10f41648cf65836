package topology

import (
	"bytes"
	"net/netip"
	"strconv"
)

// The errors that name a node: of a cluster, and, with CLIENT CAPA redirect, of a replica. A server writes the host of an IPv6 address
// without brackets.
var redirects = [...]string{"-MOVED ", "-ASK ", "-REDIRECT "}

// Redirects reports whether the value that p begins with is an error that names a node, or may become one as more of it arrives.
func Redirects(p []byte) bool {
	for _, r := range redirects {
		n := min(len(p), len(r))
		if string(p[:n]) == r[:n] {
			return true
		}
	}
	return false
}

// redirect appends an error with the node that it names, if it does, named otherwise.
func redirect(dst, reply []byte, to Rename) []byte {
	text := bytes.TrimSuffix(reply, []byte("\r\n"))
	colon, space := bytes.LastIndexByte(text, ':'), bytes.LastIndexByte(text, ' ')
	words := 2
	if bytes.HasPrefix(text, []byte(redirects[2])) {
		words = 1
	}
	if !Redirects(reply) || colon < space || bytes.Count(text, []byte(" ")) != words {
		return append(dst, reply...)
	}
	var r roll
	r.add(Node{Endpoint: string(text[space+1 : colon]), Port: port(text[colon+1:])}, func(local netip.AddrPort) {
		text = append(text[:space+1:space+1], hostPort(local)...)
	})
	if err := r.rename(to, false); err != nil {
		return refusal(dst, err)
	}
	return append(append(dst, text...), "\r\n"...)
}

func hostPort(a netip.AddrPort) string { return a.Addr().String() + ":" + strconv.Itoa(int(a.Port())) }
