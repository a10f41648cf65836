package proxy

import (
	"os"
	"time"

	"github.com/valetkey/valetkey"
)

// restAfter is how long nothing goes by on a connection until it is put to rest, up to twice that.
const restAfter = 2 * time.Second

// rest puts connections to rest on which nothing goes by, until the server is closed: it wakes the reader of each once, which gives back what
// large replies have needed.
func (s *Server) rest() {
	tick := time.NewTicker(restAfter)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		for _, c := range s.all() {
			c.rest()
		}
	}
}

// rest wakes the reader of a connection if nothing has gone by since the last time, and it has not been woken for it.
func (c *client) rest() bool {
	if c.moved.Swap(false) {
		c.resting = false
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resting || c.up == nil || c.end != nil {
		return false
	}
	c.resting = true
	c.up.SetReadDeadline(time.Now())
	return true
}

// rests reports whether it was rest that woke the reader, and rests: what is ending has a deadline of its own.
func (c *client) rests(up *valetkey.Conn, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil || !os.IsTimeout(err) || up.SetReadDeadline(time.Time{}) != nil {
		return false
	}
	if up.Trim() {
		c.srv.facts.rested.Add(1)
	}
	return true
}
