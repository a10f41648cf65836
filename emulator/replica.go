package emulator

import (
	"fmt"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// writingCommands are those that an engine does not carry out on a replica: the commands of the ACL category write (measured on
// valkey-server 8.0.1), without those that the services refuse to everybody.
const writingCommands = " append bitfield bitop blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin copy decr decrby del " +
	"expire expireat flushall flushdb geoadd georadius georadiusbymember geosearchstore getdel getex getset hdel hincrby " +
	"hincrbyfloat hmset hset hsetnx incr incrby incrbyfloat linsert lmove lmpop lpop lpush lpushx lrem lset ltrim move mset msetnx " +
	"persist pexpire pexpireat pfadd pfmerge psetex rename renamenx restore rpop rpoplpush rpush rpushx sadd sdiffstore set setbit " +
	"setex setnx setrange sinterstore smove sort spop srem sunionstore swapdb unlink xack xadd xautoclaim xclaim xdel xgroup " +
	"xreadgroup xsetid xtrim zadd zdiffstore zincrby zinterstore zmpop zpopmax zpopmin zrangestore zrem zremrangebylex " +
	"zremrangebyrank zremrangebyscore zunionstore "

func isWriting(name string) bool {
	return strings.Contains(writingCommands, " "+strings.ToLower(name)+" ")
}

// replicaAnswer is what a replica of the embedded engine says to a write, "" if that is none: where a real one stands behind the
// gate, it speaks for itself. Scripts are not looked into.
func (c *conn) replicaAnswer(name string, args [][]byte) string {
	d := c.srv.deployment
	d.mu.Lock()
	defer d.mu.Unlock()
	if !c.node.replica || c.node.process != nil || !isWriting(name) {
		return ""
	}
	if key, ok := firstKey(name, args); ok && c.srv.config.Profile.clustered() {
		for _, n := range d.nodes {
			if !n.replica && n.shard == c.node.shard {
				return fmt.Sprintf("MOVED %d %s", slot(key), n.endpoint.addr)
			}
		}
	}
	return "READONLY You can't write against a read only replica."
}

// firstKey is the first key that a writing command names.
func firstKey(name string, args [][]byte) (string, bool) {
	at := 1
	switch name {
	case "BITOP", "XGROUP", "LMPOP", "ZMPOP":
		at = 2
	case "BLMPOP", "BZMPOP":
		at = 3
	case "FLUSHALL", "FLUSHDB", "SWAPDB":
		return "", false
	}
	if at >= len(args) {
		return "", false
	}
	return string(args[at]), true
}

// refuseWrite answers a write on a replica, in its place.
func (c *conn) refuseWrite(text string) bool {
	state, alive := c.settle()
	switch {
	case !alive:
		return false
	case state.multi:
		return c.refuseQueued(text)
	}
	return c.answer(resp.AppendError(nil, text))
}
