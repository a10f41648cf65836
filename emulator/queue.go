package emulator

import "github.com/valetkey/valetkey/internal/resp"

// queueAuth checks AUTH inside MULTI and leaves a command in the transaction that answers with the outcome, for [QueueInMulti].
func (c *conn) queueAuth(user, password string) bool {
	g, r := c.check(user, password)
	if r != nil {
		return c.queueRefusal(user, r)
	}
	c.queued = &g
	return c.queue("return redis.status_reply('OK')")
}

// queueRefusal leaves the refusal in the transaction. None of the texts has a quotation mark.
func (c *conn) queueRefusal(user string, r *refusal) bool {
	c.emit(Event{Kind: Refused, User: user, Reason: r.reason, Detail: r.detail})
	return c.queue("return redis.error_reply('" + r.text + "')")
}

// queue has the engine queue a script that answers for the emulator.
func (c *conn) queue(script string) bool {
	raw := resp.AppendCommand(nil, "EVAL", script, "0")
	return c.link.Load().forward("EVAL", resp.Command{Raw: raw, Args: make([][]byte, 3)}) == nil
}

// execute ends a transaction in which AUTH waits, and authenticates if it was carried out. The last good one counts.
func (c *conn) execute(l *link, name string, cmd resp.Command) bool {
	if l.forward(name, cmd) != nil {
		return false
	}
	state, alive := l.settle()
	if state.multi { // it was refused
		return alive
	}
	if name == "EXEC" && state.executed && alive {
		c.admit(*c.queued)
	}
	c.queued = nil
	return alive
}
