package session

import (
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// A server is a small and plain model of what a connection's server does. It answers one whole request at a time.
type server struct {
	proto    int
	multi    bool
	dirty    bool // a request could not be queued
	queued   [][]string
	subs     []string
	patterns []string
	shards   []string
	asking   bool
	skip     bool
	silent   bool
	monitor  bool
	loggedIn bool
	auths    int
	closed   bool
	nosub    bool   // answer unsubscribing from nothing as Valkey 8.0 does, with an error
	hidden   bool   // it has subscribed inside MULTI, where the machine does not see it
	noecho   bool   // the user may not run ECHO
	noclient bool   // nor CLIENT
	logins   bool   // answer the client's own logins; else none may come
	addr     string // of the cluster's other node, as this one tells it
	in       []byte
	scan     resp.RequestScanner
	trusting bool     // RESET leaves a client logged in: the plain one, for whom nobody logs in again
	faults   []string // things that must never be asked of it
}

func newServer() *server { return &server{proto: 2, loggedIn: true} }

// feed takes bytes and returns the answers.
func (s *server) feed(p []byte) (out []byte) {
	for len(p) > 0 && !s.closed {
		n, done, err := s.scan.Scan(p)
		if err != nil {
			s.faults = append(s.faults, err.Error())
			return out
		}
		s.in, p = append(s.in, p[:n]...), p[n:]
		if done {
			cmd, _ := resp.NewCommandReader(strings.NewReader(string(s.in)), resp.Limits{}).Next()
			s.in = s.in[:0]
			out = append(out, s.request(strs(cmd.Args))...)
		}
	}
	return out
}

func strs(args [][]byte) (all []string) {
	for _, a := range args {
		all = append(all, string(a))
	}
	return all
}

func (s *server) request(args []string) []byte {
	if len(args) == 0 {
		s.skip = false // as measured: an empty request takes the place of the skipped one
		return nil
	}
	name := strings.ToLower(args[0])
	muted := s.silent || s.skip
	if s.skip = false; name == "reset" {
		muted = muted && !s.silent
	}
	if name == "client" && !s.noclient && !s.multi && (s.proto == 3 || s.subscribed() == 0) {
		s.asking = false
		if out := s.clientReply(args[2]); !muted || args[2] == "ON" {
			return out
		}
		return nil
	}
	pushes, reply := s.answer(name, args)
	if s.monitor && name != "monitor" {
		pushes = append([]byte("+1700000000.1 [0 1.2.3.4:5] somebody's command\r\n"), pushes...)
	}
	if muted {
		if s.proto == 3 {
			return pushes
		}
		return nil
	}
	return append(pushes, reply...)
}

func (s *server) clientReply(how string) []byte {
	switch how {
	case "ON":
		s.silent = false
		return []byte("+OK\r\n")
	case "OFF":
		s.silent = true
	case "SKIP":
		s.skip = !s.silent
	default:
		return resp.AppendError(nil, "ERR wrong number of arguments for 'client|info' command")
	}
	return nil
}

// answer runs a command: what it pushes, and its reply.
func (s *server) answer(name string, args []string) (pushes, reply []byte) {
	asked := s.asking
	s.asking = name == "asking"
	switch {
	case name == "auth" && len(args) > 1 && args[1] == "app":
		return nil, s.auth(args)
	case !s.loggedIn && name != "reset" && name != "auth":
		s.faults = append(s.faults, "unauthenticated "+name)
		return nil, resp.AppendError(nil, "NOAUTH Authentication required.")
	case strings.HasPrefix(name, "valetkey-"):
		return nil, resp.AppendError(nil, "ERR unknown command '"+args[0]+"', with args beginning with: ")
	case s.proto == 2 && s.subscribed() > 0 && !allowed[name]:
		if name == "client" || name == "cluster" {
			name += "|" + strings.ToLower(args[1])
		}
		return nil, resp.AppendError(nil, "ERR Can't execute '"+name+"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
	// A server looks at this before at the subscriptions. A translated subscriber gets the other refusal.
	case s.noecho && name == "echo" || s.noclient && name == "client":
		return nil, resp.AppendError(nil, "NOPERM User app has no permissions to run the '"+name+"' command")
	case (name == "auth" || name == "hello") && s.refuses(args) != "":
		s.dirty = s.multi
		return nil, resp.AppendError(nil, s.refuses(args))
	case name == "get" && len(args) == 1:
		s.dirty = s.multi
		return nil, resp.AppendError(nil, "ERR wrong number of arguments for 'get' command")
	case (name == "get" || name == "ssubscribe") && args[len(args)-1] == "elsewhere":
		s.dirty = s.multi
		return nil, resp.AppendError(nil, "MOVED 1234 "+s.addr)
	case s.multi && !immediate[name]:
		s.queued = append(s.queued, args)
		return nil, resp.AppendSimple(nil, "QUEUED")
	}
	return s.run(name, args, asked)
}

var (
	allowed   = map[string]bool{"subscribe": true, "unsubscribe": true, "psubscribe": true, "punsubscribe": true, "ssubscribe": true, "sunsubscribe": true, "ping": true, "quit": true, "reset": true}
	immediate = map[string]bool{"multi": true, "exec": true, "discard": true, "quit": true, "reset": true}
)

func (s *server) auth(args []string) []byte {
	s.auths++
	switch {
	case s.proto == 2 && s.subscribed() > 0 && s.hidden:
		return resp.AppendError(nil, "ERR Can't execute 'auth': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
	case s.proto == 2 && s.subscribed() > 0:
		s.faults = append(s.faults, "AUTH of a RESP2 subscriber")
	case s.multi:
		s.faults = append(s.faults, "AUTH inside MULTI")
	case s.silent || s.skip:
		s.faults = append(s.faults, "AUTH without a reply")
	}
	if args[2] != "good" {
		return resp.AppendError(nil, "WRONGPASS invalid username-password pair or user is disabled.")
	}
	s.loggedIn = true
	return resp.AppendSimple(nil, "OK")
}

func (s *server) run(name string, args []string, asked bool) (pushes, reply []byte) {
	switch name {
	case "ping":
		return s.message(args), s.pong(args)
	case "echo":
		return nil, resp.AppendBulk(nil, args[1])
	case "get":
		return nil, s.get(asked)
	case "attribute":
		return nil, s.attribute()
	case "cluster":
		return nil, s.cluster(args[1])
	case "bad":
		return nil, resp.AppendError(nil, "ERR unknown command 'bad', with args beginning with: ")
	case "deep":
		return nil, []byte("*3\r\n*2\r\n:1\r\n$-1\r\n$3\r\n+a\r\r\n*0\r\n")
	case "multi":
		return nil, s.begin()
	case "exec":
		return nil, s.exec(args)
	case "discard":
		return nil, s.discard(args)
	case "hello":
		return nil, s.hello(args)
	case "subscribe":
		return s.subscribe(name, &s.subs, args[1:])
	case "unsubscribe":
		return s.unsubscribe(name, &s.subs, args[1:])
	case "psubscribe":
		return s.subscribe(name, &s.patterns, args[1:])
	case "punsubscribe":
		return s.unsubscribe(name, &s.patterns, args[1:])
	case "ssubscribe":
		return s.subscribe(name, &s.shards, args[1:])
	case "sunsubscribe":
		return s.unsubscribe(name, &s.shards, args[1:])
	case "monitor":
		s.monitor = true
	case "reset":
		*s = server{addr: s.addr, proto: 2, loggedIn: s.trusting, trusting: s.trusting, auths: s.auths, faults: s.faults, nosub: s.nosub, noecho: s.noecho, noclient: s.noclient, logins: s.logins}
		return nil, resp.AppendSimple(nil, "RESET")
	case "quit":
		s.closed = true
	case "auth":
		s.loggedIn = true
	}
	return nil, resp.AppendSimple(nil, "OK")
}

func (s *server) get(asked bool) []byte {
	if asked {
		return resp.AppendBulk(nil, "asked")
	}
	return resp.AppendBulk(nil, "*1\r\n$4\r\nPING\r\n")
}

// message is news, which comes when the client pings with an argument: for a subscriber, for one to whom invalidations are redirected, and
// for one whose own redirection has come to an end.
func (s *server) message(args []string) []byte {
	const keys = "*2\r\n$3\r\nkey\r\n$40\r\nthe name of a key that is quite long....\r\n"
	switch {
	case len(args) < 2:
	case args[1] == "invalidate" && s.proto == 3:
		return []byte(">2\r\n$10\r\ninvalidate\r\n" + keys)
	case args[1] == "invalidate" && s.subscribed() > 0:
		return []byte("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n" + keys)
	case args[1] == "broken" && s.proto == 3:
		return []byte(">2\r\n$21\r\ntracking-redir-broken\r\n:7\r\n")
	case args[1] == "x" && len(s.subs) > 0:
		return s.push("message", s.subs[0], "news\r\n")
	}
	return nil
}

func (s *server) attribute() []byte {
	if s.proto == 2 {
		return []byte("$4\r\nreal\r\n")
	}
	return []byte("|1\r\n+ttl\r\n*2\r\n:1\r\n>1\r\n+x\r\n$4\r\nreal\r\n")
}

func (s *server) push(parts ...string) []byte {
	out := resp.AppendArray(nil, len(parts))
	if s.proto == 3 {
		out = resp.AppendPush(nil, len(parts))
	}
	for _, p := range parts {
		out = resp.AppendBulk(out, p)
	}
	return out
}

func (s *server) pong(args []string) []byte {
	text := ""
	if len(args) > 1 {
		text = args[1]
	}
	switch {
	case s.proto == 2 && s.subscribed() > 0:
		return resp.AppendBulk(resp.AppendBulk(resp.AppendArray(nil, 2), "pong"), text)
	case len(args) > 1:
		return resp.AppendBulk(nil, text)
	}
	return resp.AppendSimple(nil, "PONG")
}

func (s *server) begin() []byte {
	if s.multi {
		return resp.AppendError(nil, "ERR MULTI calls can not be nested")
	}
	s.multi = true
	return resp.AppendSimple(nil, "OK")
}

func (s *server) exec(args []string) []byte {
	if !s.multi {
		return resp.AppendError(nil, "ERR EXEC without MULTI")
	}
	todo, dirty := s.queued, s.dirty
	s.multi, s.dirty, s.queued = false, false, nil
	if dirty {
		return resp.AppendError(nil, "EXECABORT Transaction discarded because of previous errors.")
	}
	if len(args) > 1 {
		return resp.AppendError(nil, "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command")
	}
	var news []byte
	out := resp.AppendArray(nil, len(todo))
	for _, q := range todo {
		pushes, reply := s.run(strings.ToLower(q[0]), q, false)
		s.hidden = s.hidden || s.subscribed() > 0 && len(pushes) > 0
		if strings.EqualFold(q[0], "ping") { // news waits for its turn, confirmations do not
			news, pushes = append(news, pushes...), nil
		}
		out = append(append(out, pushes...), reply...)
	}
	return append(news, out...)
}

func (s *server) discard(args []string) []byte {
	switch {
	case len(args) > 1:
		return resp.AppendError(nil, "ERR wrong number of arguments for 'discard' command")
	case !s.multi:
		return resp.AppendError(nil, "ERR DISCARD without MULTI")
	}
	s.multi, s.dirty, s.queued = false, false, nil
	return resp.AppendSimple(nil, "OK")
}

func (s *server) hello(args []string) []byte {
	if len(args) == 3 {
		return resp.AppendError(nil, "ERR Syntax error in HELLO option '"+args[2]+"'")
	}
	if len(args) > 1 {
		switch args[1] {
		case "2", "3":
			s.proto = int(args[1][0] - '0')
		default:
			return resp.AppendError(nil, "NOPROTO unsupported protocol version")
		}
	}
	if s.proto == 3 {
		return resp.AppendInt(resp.AppendBulk(resp.AppendMap(nil, 1), "proto"), 3)
	}
	return resp.AppendInt(resp.AppendBulk(resp.AppendArray(nil, 2), "proto"), 2)
}

// confirm is one channel's confirmation; an empty name is a null.
func (s *server) confirm(kind, channel string, left int) []byte {
	out := resp.AppendArray(nil, 3)
	if s.proto == 3 {
		out = resp.AppendPush(nil, 3)
	}
	out = resp.AppendBulk(out, kind)
	switch {
	case channel != "":
		out = resp.AppendBulk(out, channel)
	case s.proto == 3:
		out = resp.AppendNull(out)
	default:
		out = resp.AppendNullBulk(out)
	}
	return resp.AppendInt(out, int64(left))
}

func (s *server) subscribed() int { return len(s.subs) + len(s.patterns) + len(s.shards) }

// left is the count that confirmations of a kind carry.
func (s *server) left(kind string) int {
	if strings.HasPrefix(kind, "s") && strings.HasSuffix(kind[1:], "subscribe") && kind != "subscribe" {
		return len(s.shards)
	}
	return len(s.subs) + len(s.patterns)
}

func (s *server) subscribe(kind string, list *[]string, channels []string) (pushes, reply []byte) {
	if len(channels) == 0 || channels[0] == "denied" {
		return nil, resp.AppendError(nil, "NOPERM no")
	}
	for _, c := range channels {
		*list = append(without(*list, c), c)
		pushes = append(pushes, s.confirm(kind, c, s.left(kind))...)
	}
	return pushes, nil
}

func (s *server) unsubscribe(kind string, list *[]string, channels []string) (pushes, reply []byte) {
	if len(channels) == 0 {
		channels = append(channels, *list...)
	}
	if len(channels) == 0 && s.nosub {
		return nil, resp.AppendError(nil, "NOSUB '"+kind+"' command executed not in subscribed mode")
	}
	if len(channels) == 0 {
		return s.confirm(kind, "", s.left(kind)), nil
	}
	for _, c := range channels {
		*list = without(*list, c)
		pushes = append(pushes, s.confirm(kind, c, s.left(kind))...)
	}
	return pushes, nil
}

func without(list []string, s string) (out []string) {
	for _, e := range list {
		if e != s {
			out = append(out, e)
		}
	}
	return out
}

// cluster answers CLUSTER, of a cluster of this node, which knows no address of its own, and another.
func (s *server) cluster(what string) []byte {
	host, port, _ := strings.Cut(s.addr, ":")
	switch strings.ToLower(what) {
	case "slots":
		node := resp.AppendBulk(resp.AppendArray(nil, 4), host)
		node = resp.AppendBulk(append(node, ":"+port+"\r\n"...), "id")
		if node = resp.AppendMap(node, 1); s.proto == 2 {
			node = resp.AppendArray(node[:len(node)-len("%1\r\n")], 2)
		}
		node = resp.AppendBulk(resp.AppendBulk(node, "ip"), host)
		return append(resp.AppendInt(resp.AppendInt(resp.AppendArray(resp.AppendArray(nil, 1), 3), 0), 16383), node...)
	case "nodes":
		text := "id " + s.addr + "@16379," + host + " master - 0 0 1 connected 0-16383\n"
		if s.proto == 2 {
			return resp.AppendBulk(nil, text)
		}
		return []byte("=" + strconv.Itoa(len(text)+4) + "\r\ntxt:" + text + "\r\n")
	case "replicas":
		return resp.AppendError(nil, "ERR Unknown node")
	}
	return resp.AppendBulk(nil, s.addr)
}
