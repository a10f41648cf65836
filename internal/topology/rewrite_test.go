package topology

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/internal/resp"
)

// local is a [Rename] onto port 7000 and up, in the order of the real ports.
func local(nodes []Node, _ bool) (all []netip.AddrPort, err error) {
	for _, n := range nodes {
		all = append(all, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 77}), uint16(7000+n.Port%10)))
	}
	return all, nil
}

// formOf tells what was asked for, in a recording.
func formOf(request string) Form {
	return map[string]Form{"CLUSTER SLOTS": Slots, "CLUSTER SHARDS": Shards, "CLUSTER NODES": Nodes, "CLUSTER REPLICAS": Replicas}[request]
}

// expected is what becomes of a reply of the recorded servers, whose ports are 21700, 21701 and, for TLS, 50 more, found without
// taking it apart.
func expected(reply string) string {
	for _, r := range []struct{ old, new string }{
		{`(MOVED \d+) .*:2170(\d)`, "$1 127.0.0.77:700$2"},
		{`\$\d+\r\n(127\.0\.0\.1|node\.example|\?)\r\n`, "$$10\r\n127.0.0.77\r\n"},
		{`(\$-1|_)\r\n(:2170\d)\r\n`, "$$10\r\n127.0.0.77\r\n$2\r\n"}, // no endpoint, before the port
		{`endpoint\r\n\$0\r\n\r\n`, "endpoint\r\n$$10\r\n127.0.0.77\r\n"},
		{`:217[05](\d)\r\n`, ":700$1\r\n"},
		{` 127\.0\.0\.1:2170(\d)@`, " 127.0.0.77:700$1@"},
		{`,node\.example `, ",127.0.0.77 "},
	} {
		reply = regexp.MustCompile(r.old).ReplaceAllString(reply, r.new)
	}
	return regexp.MustCompile(`([$=])\d+\r\n((?:txt:)?[0-9a-f]{40} (?:.*\n?)+?)\r\n`).ReplaceAllStringFunc(reply, func(lines string) string {
		_, body, _ := strings.Cut(strings.TrimSuffix(lines, "\r\n"), "\r\n")
		return fmt.Sprintf("%c%d\r\n%s\r\n", lines[0], len(body), body)
	})
}

// Whatever the servers, and however they name their nodes, only the names change.
func TestRewriteWhatServersSay(t *testing.T) {
	recorded, err := os.ReadFile("testdata/recorded.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(recorded)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		reply, err := strconv.Unquote(f[3])
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if request, queued := strings.CutPrefix(f[2], "EXEC "); queued {
			got = string(RewriteElements(nil, []byte(reply), map[int]Form{0: formOf(request)}, local))
		} else {
			got = string(Rewrite(nil, []byte(reply), formOf(f[2]), local))
		}
		want := expected(reply)
		if want == reply {
			t.Errorf("%s: the recording names no node", f[:3])
		}
		if got != want {
			t.Errorf("%s:\ngot  %q\nwant %q", f[:3], got, want)
		}
	}
}

func TestRewriteOddities(t *testing.T) {
	for name, tt := range map[string]struct {
		form     Form
		in, want string
	}{
		"ASK":                   {None, "-ASK 1 ip6::1:6371\r\n", "-ASK 1 127.0.0.77:7001\r\n"},
		"REDIRECT":              {None, "-REDIRECT host:6372\r\n", "-REDIRECT 127.0.0.77:7002\r\n"},
		"MOVED with more":       {None, "-MOVED 1 host:1 more\r\n", "-MOVED 1 host:1 more\r\n"},
		"MOVED to nowhere":      {None, "-MOVED 1 host:0\r\n", "-MOVED 1 host:0\r\n"},
		"MOVED without a port":  {None, "-MOVED 1 host\r\n", "-MOVED 1 host\r\n"},
		"MOVED, no port at all": {None, "-MOVED 1 host:http\r\n", "-MOVED 1 host:http\r\n"},
		"another error":         {Slots, "-ERR This instance has cluster support disabled\r\n", "-ERR This instance has cluster support disabled\r\n"},
		"MOVED as data":         {None, "$17\r\n-MOVED 1 host:1\r\n\r\n", "$17\r\n-MOVED 1 host:1\r\n\r\n"},
		"queued":                {Slots, "+QUEUED\r\n", "+QUEUED\r\n"},
		"SLOTS of Redis 6":      {Slots, "*1\r\n*3\r\n:0\r\n:9\r\n*3\r\n$1\r\nh\r\n:6371\r\n$2\r\nid\r\n", "*1\r\n*3\r\n:0\r\n:9\r\n*3\r\n$10\r\n127.0.0.77\r\n:7001\r\n$2\r\nid\r\n"},
		"SLOTS behind an attribute": {Slots, "|1\r\n+a\r\n:1\r\n*1\r\n*3\r\n:0\r\n:9\r\n*3\r\n$1\r\nh\r\n:6371\r\n$2\r\nid\r\n",
			"|1\r\n+a\r\n:1\r\n*1\r\n*3\r\n:0\r\n:9\r\n*3\r\n$10\r\n127.0.0.77\r\n:7001\r\n$2\r\nid\r\n"},
		"SLOTS, none":          {Slots, "*0\r\n", "*0\r\n"},
		"SLOTS, something new": {Slots, "*1\r\n%1\r\n+slots\r\n$1\r\nx\r\n", "*1\r\n%1\r\n+slots\r\n$1\r\nx\r\n"},
		"SHARDS, only TLS": {Shards, "*1\r\n%1\r\n$5\r\nnodes\r\n*1\r\n%3\r\n$8\r\ntls-port\r\n:6370\r\n$8\r\nendpoint\r\n$1\r\nh\r\n$8\r\nhostname\r\n$0\r\n\r\n",
			"*1\r\n%1\r\n$5\r\nnodes\r\n*1\r\n%3\r\n$4\r\nport\r\n:7000\r\n$8\r\nendpoint\r\n$10\r\n127.0.0.77\r\n$8\r\nhostname\r\n$0\r\n\r\n"},
		"NODES of an unknown address": {Nodes, "$34\r\nid :0@0,h noaddr,master - 0 0 1 x\n\r\n", "$34\r\nid :0@0,h noaddr,master - 0 0 1 x\n\r\n"},
		"NODES before they have met":  {Nodes, "$33\r\nid :6379@16379 myself,master - 0\n\r\n", "$43\r\nid 127.0.0.77:7009@16379 myself,master - 0\n\r\n"},
		"NODES with more": {Nodes, "$46\r\nid ::1:6379@16379,,shard-id=8 master - 0 0 1 x\r\n",
			"$53\r\nid 127.0.0.77:7009@16379,,shard-id=8 master - 0 0 1 x\r\n"},
	} {
		if got := string(Rewrite([]byte("before "), []byte(tt.in), tt.form, local)); got != "before "+tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestHost(t *testing.T) {
	for _, tt := range []struct {
		n    Node
		want string
	}{
		{Node{Endpoint: "a.example", IP: "10.0.0.1"}, "a.example"},
		{Node{Endpoint: "10.0.0.1", IP: "10.0.0.1"}, "10.0.0.1"},
		{Node{Endpoint: "10.0.0.1", Hostname: "a.example"}, "a.example"},
		{Node{Endpoint: "?", IP: "10.0.0.1"}, "10.0.0.1"},
		{Node{Endpoint: "?", IP: "10.0.0.1", Hostname: "a.example"}, "a.example"},
		{Node{Endpoint: "?"}, ""},
		{Node{IP: "10.0.0.1", Hostname: "a.example"}, ""},
	} {
		if got := tt.n.Host(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.n, got, tt.want)
		}
	}
}

// What cannot be renamed is refused, in its place, and no real name gets through.
func TestRewriteFails(t *testing.T) {
	fail := func([]Node, bool) ([]netip.AddrPort, error) { return nil, errors.New("no port\r\nis free") }
	const refused = "-ERR valetkey: no port is free\r\n"
	row := "*1\r\n*3\r\n:0\r\n:9\r\n*2\r\n$4\r\nreal\r\n:6371\r\n"
	if got := string(Rewrite(nil, []byte(row), Slots, fail)); got != refused {
		t.Errorf("SLOTS: %q", got)
	}
	if got := string(Rewrite(nil, []byte("-MOVED 1 real:1\r\n"), None, fail)); got != refused {
		t.Errorf("MOVED: %q", got)
	}
	if got := string(RewriteElements(nil, []byte("*2\r\n:1\r\n"+row), map[int]Form{1: Slots}, fail)); got != "*2\r\n:1\r\n"+refused {
		t.Errorf("EXEC: %q", got)
	}
}

// FuzzRewrite: whatever a server says, a reply stays one reply, and one that has nothing to do with nodes stays as it is.
func FuzzRewrite(f *testing.F) {
	recorded, err := os.ReadFile("testdata/recorded.tsv")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(recorded)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		reply, _ := strconv.Unquote(fields[3])
		f.Add([]byte(reply), byte(formOf(fields[2])))
	}
	f.Fuzz(func(t *testing.T, reply []byte, form byte) {
		var s resp.ReplyScanner
		s.Bulk = 1 << 20
		n, done, err := s.Scan(reply)
		if err != nil || !done {
			return
		}
		reply = reply[:n]
		if got := resp.ParseValue(reply).Append(nil); !bytes.Equal(got, reply) {
			t.Fatalf("%q comes out as %q", reply, got)
		}
		if got := Rewrite(nil, reply, None, local); reply[0] != '-' && !bytes.Equal(got, reply) {
			t.Fatalf("%q, which names nothing, became %q", reply, got)
		}
		got := Rewrite(nil, reply, Form(form)%(Replicas+1), local)
		var again resp.ReplyScanner
		if n, done, err := again.Scan(got); err != nil || !done || n != len(got) {
			t.Fatalf("%q became %q, which is not one reply", reply, got)
		}
	})
}
