package session

import (
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/topology"
)

// A command is what the machine needs to know of a request.
type command uint8

const (
	ordinary command = iota
	unanswered
	cmdEcho
	cmdMulti
	cmdExec
	cmdDiscard
	cmdHello
	cmdAuth
	cmdReset
	cmdMonitor // up to here the reply tells what became of it
	cmdQuit
	cmdPing
	cmdListing   // CLUSTER SLOTS and others that ask where nodes are
	cmdOneShot   // ASKING, CLIENT CACHING
	cmdReplyOn   // CLIENT REPLY ON
	cmdReplyOff  // CLIENT REPLY OFF
	cmdReplySkip // CLIENT REPLY SKIP
	cmdOpaque    // replication and the script debugger: no longer request and reply
	cmdSubscribe // and the five others behind it, in the order of pushKinds
)

// byName is the command that can be told by its name alone, which is lower case.
func byName(name string) command {
	switch name {
	case "multi":
		return cmdMulti
	case "exec":
		return cmdExec
	case "discard":
		return cmdDiscard
	case "hello":
		return cmdHello
	case "auth":
		return cmdAuth
	case "reset":
		return cmdReset
	case "quit":
		return cmdQuit
	case "monitor":
		return cmdMonitor
	case "ping":
		return cmdPing
	case "echo":
		return cmdEcho
	case "asking":
		return cmdOneShot
	case "sync", "psync", "replconf":
		return cmdOpaque
	}
	if k, ok := pushKind([]byte(name)); ok {
		return cmdSubscribe + command(k-subscribe)
	}
	return ordinary
}

// subscribes reports whether c is one of the six (un)subscribe commands, and which push answers it.
func (c command) subscribes() (expectationKind, bool) {
	return subscribe + expectationKind(c-cmdSubscribe), c >= cmdSubscribe
}

// told reports whether c changes the connection's state in a way that its reply tells.
func (c command) told() bool { return c >= cmdMulti && c <= cmdMonitor }

// classify tells a request that has been scanned to its end.
func classify(r *resp.RequestScanner) command {
	if r.Argc() == 0 {
		return unanswered
	}
	c := classifyName(r)
	if c != ordinary || r.Argc() < 2 {
		return c
	}
	name, length := r.Arg(0)
	switch {
	case length == 6 && foldEqual(name, "client"):
		return classifyClient(r)
	case length == 6 && foldEqual(name, "script") && argIs(r, 1, "debug"):
		return cmdOpaque
	case length == 7 && formOf(r) != topology.None:
		return cmdListing
	}
	return ordinary
}

// classifyName tells a request of which only the name is known.
func classifyName(r *resp.RequestScanner) command {
	name, length := r.Arg(0)
	if length < 4 || length > 12 { // the shortest and the longest name that byName knows
		return ordinary
	}
	var lower [12]byte
	for i, b := range name {
		lower[i] = fold(b)
	}
	return byName(string(lower[:length]))
}

func classifyClient(r *resp.RequestScanner) command {
	if r.Argc() != 3 { // an error, or another subcommand
		return ordinary
	}
	switch {
	case argIs(r, 1, "caching"):
		return cmdOneShot
	case !argIs(r, 1, "reply"):
		return ordinary
	case argIs(r, 2, "on"):
		return cmdReplyOn
	case argIs(r, 2, "off"):
		return cmdReplyOff
	case argIs(r, 2, "skip"):
		return cmdReplySkip
	}
	return ordinary
}

// containers are the commands that servers call by two words.
var containers = [...]string{"acl", "client", "cluster", "command", "commandlog", "config", "function", "latency", "memory",
	"module", "object", "pubsub", "script", "slowlog", "xgroup", "xinfo"}

func hasSubcommands(r *resp.RequestScanner) bool {
	for _, c := range containers {
		if argIs(r, 0, c) {
			return true
		}
	}
	return false
}

// login finds the user that an AUTH or a HELLO names; given is false for a HELLO without AUTH.
func login(r *resp.RequestScanner, c command, user string) (own, given bool) {
	if c == cmdAuth {
		return r.Argc() == 3 && argEquals(r, 1, user), true
	}
	for i := int64(2); i < r.Argc(); i++ {
		if argIs(r, i, "auth") {
			return argEquals(r, i+1, user), true
		}
		if argIs(r, i, "setname") {
			i++
		}
	}
	return false, false
}

// argIs compares an argument ignoring case, as servers compare options; word is lower case.
func argIs(r *resp.RequestScanner, i int64, word string) bool {
	kept, length := r.Arg(i)
	return length == int64(len(word)) && foldEqual(kept, word)
}

func argEquals(r *resp.RequestScanner, i int64, s string) bool {
	kept, length := r.Arg(i)
	return length == int64(len(s)) && string(kept) == s
}

func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range b {
		if fold(b[i]) != lower[i] {
			return false
		}
	}
	return true
}

func fold(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b | 0x20
	}
	return b
}
