package proxy

import (
	"os"
	"time"
)

// restAfter is how long nothing goes by on a connection until it is put to rest, up to twice that.
const restAfter = 2 * time.Second

// rest puts connections to rest on which nothing goes by, until the server is closed: it wakes both directions once, which leave it to the
// connection itself to start them again, and give back what large replies have needed.
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

// A rest is how far a direction of a connection has come with resting.
type rest uint8

const (
	awake  rest = iota
	told        // to rest, or not able to
	asleep      // without a goroutine, until the connection starts one
)

// rest wakes the directions of a connection if nothing has gone by since the last time, each once until it has something to do.
func (c *client) rest() (tells bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved.Swap(false) {
		c.upward.busy()
		c.downward.busy()
		return false
	}
	if c.up == nil || c.end != nil {
		return false
	}
	up, down := c.upward.tell(), c.downward.tell()
	if up {
		c.idle.SetReadDeadline(time.Now())
	}
	if down {
		c.up.SetReadDeadline(time.Now())
	}
	return up || down
}

// busy is that something has gone by, if perhaps the other way.
func (r *rest) busy() {
	if *r == told {
		*r = awake
	}
}

// tell reports whether a direction is to be told.
func (r *rest) tell() bool {
	tells := *r == awake
	if tells {
		*r = told
	}
	return tells
}

// set notes how far a direction has come.
func (c *client) set(r *rest, to rest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*r = to
}

// upRests reports whether sendUp was woken by rest, and may. Until the farewell its connection has no other deadline.
func (c *client) upRests(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || !os.IsTimeout(err) || c.idle.SetReadDeadline(time.Time{}) != nil {
		return false
	}
	c.upward = asleep
	return true
}

// downRests reports whether sendDown was woken by rest, and may: what is ending has a deadline of its own.
func (c *client) downRests(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil || !os.IsTimeout(err) || c.up.SetReadDeadline(time.Time{}) != nil {
		return false
	}
	c.downward = asleep
	c.up.Trim()
	c.srv.facts.rested.Add(1)
	return true
}
