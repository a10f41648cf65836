package emulator

import (
	"strings"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/resp"
)

// The commands that the services refuse, as their guides list them; a subcommand follows its command behind a bar. The guides write
// "cluster addslot" for ADDSLOTS, and so on.
const (
	// restrictedElastiCache holds for all of ElastiCache.
	restrictedElastiCache = "acl|setuser acl|load acl|save acl|deluser bgrewriteaof bgsave cluster|addslots cluster|addslotsrange " +
		"cluster|bumpepoch cluster|delslots cluster|delslotsrange cluster|failover cluster|flushslots cluster|forget cluster|links " +
		"cluster|meet cluster|setslot config debug migrate psync replicaof save slaveof shutdown sync"
	// restrictedServerless holds for serverless caches in addition.
	restrictedServerless = "acl|log client|caching client|getredir client|id client|info client|kill client|list client|no-evict " +
		"client|pause client|tracking client|trackinginfo client|unblock client|unpause cluster|count-failure-reports commandlog fcall " +
		"fcall_ro function keys lastsave latency memory monitor move object pfdebug pfselftest psubscribe pubsub|numpat punsubscribe " +
		"script|kill slowlog swapdb wait"
	// restrictedMemoryDB holds for MemoryDB.
	restrictedMemoryDB = "acl|deluser acl|load acl|save acl|setuser bgrewriteaof bgsave cluster|addslots cluster|delslots " +
		"cluster|setslot config debug migrate module psync replicaof save shutdown slaveof sync"
)

// restrictedCommands is the set of what a cache refuses.
func restrictedCommands(c Config) map[string]bool {
	if c.AllowRestricted {
		return nil
	}
	list := restrictedElastiCache
	switch {
	case c.Service == valetkey.MemoryDB:
		list = restrictedMemoryDB
	case c.Profile.serverless():
		list += " " + restrictedServerless
	}
	set := map[string]bool{}
	for command := range strings.FieldsSeq(list) {
		set[command] = true
	}
	return set
}

// restriction is the service's answer to a command that it refuses, "" to one that it does not. What users report of whole commands
// is what an engine says of those that it does not know; of subcommands it is assumed.
func (s *Server) restriction(args [][]byte) string {
	name := strings.ToLower(string(args[0]))
	if s.restricted[name] {
		return unknownCommand(s.config.Profile.serverless(), args)
	}
	if len(args) > 1 && s.restricted[name+"|"+strings.ToLower(string(args[1]))] {
		return "ERR unknown subcommand '" + clip(args[1]) + "'. Try " + strings.ToUpper(name) + " HELP."
	}
	return ""
}

// quotedLimit is how much of a name or of all arguments an engine repeats.
const quotedLimit = 128

// unknownCommand is the engine's text for a command that it does not know (measured). A serverless cache writes the name in lower
// case and does not quote the arguments (reported for one argument).
func unknownCommand(serverless bool, args [][]byte) string {
	if serverless {
		var all []string
		for _, a := range args[1:] {
			all = append(all, clip(a))
		}
		return "ERR unknown command '" + strings.ToLower(clip(args[0])) + "', with args beginning with: " + strings.Join(all, " ")
	}
	var quoted strings.Builder
	for _, a := range args[1:] {
		if quoted.Len() >= quotedLimit {
			break
		}
		quoted.WriteString("'" + line(a[:min(len(a), quotedLimit-quoted.Len())]) + "' ")
	}
	return "ERR unknown command '" + clip(args[0]) + "', with args beginning with: " + quoted.String()
}

func clip(p []byte) string { return line(p[:min(len(p), quotedLimit)]) }

// line keeps an error on one line, as engines do.
func line(p []byte) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(string(p)) }

// refuseRestricted answers a command that the service refuses, in its place. Inside MULTI that spoils the transaction.
func (c *conn) refuseRestricted(name string, args [][]byte, text string) bool {
	state, alive := c.settle()
	if !alive {
		return false
	}
	if len(args) > 1 && !c.srv.restricted[strings.ToLower(name)] { // it is the subcommand that is restricted, and so no secret
		name += " " + strings.ToUpper(string(args[1]))
	}
	if !c.refused[name] { // clients send some by themselves again and again, which should fill no log
		c.refused[name] = true
		c.emit(Event{Kind: Refused, Reason: RestrictedCommand, Detail: "got " + name, User: c.session.name()})
	}
	if state.multi {
		return c.refuseQueued(text)
	}
	return c.answer(resp.AppendError(nil, text))
}
