package valetkey

import (
	"math"
	"sync"
	"time"
)

// never is later than any alarm.
const never = time.Duration(math.MaxInt64)

// A roster is the open connections of a Dialer with the time of each one's next tick. One timer serves them all: there may be
// thousands, and a tick is rare. The zero roster is empty.
type roster struct {
	mu    sync.Mutex
	born  time.Time // what the times below are counted from
	slots []slot    // each connection knows its place among them
	timer *time.Timer
	next  time.Duration // when the timer goes off
}

// A slot is a connection and the time of its next tick.
type slot struct {
	conn *Conn
	at   time.Duration
}

// add lists a connection, whose first tick is after d.
func (r *roster) add(c *Conn, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.born.IsZero() {
		r.born, r.next = time.Now(), never
	}
	c.place = int32(len(r.slots))
	r.slots = append(r.slots, slot{conn: c})
	r.set(c, d)
}

// rearm sets the time of a connection's next tick, in place of the one it had. It does nothing to one that is closed.
func (r *roster) rearm(c *Conn, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists(c) {
		r.set(c, d)
	}
}

func (r *roster) lists(c *Conn) bool {
	return int(c.place) < len(r.slots) && r.slots[c.place].conn == c
}

func (r *roster) set(c *Conn, d time.Duration) {
	at := time.Since(r.born) + d
	r.slots[c.place].at = at
	if at < r.next {
		r.wake(at, d)
	}
}

// wake has the timer go off at the given time, d from now.
func (r *roster) wake(at, d time.Duration) {
	r.next = at
	if r.timer == nil {
		r.timer = time.AfterFunc(d, r.strike)
		return
	}
	r.timer.Reset(d)
}

// remove strikes a connection off the list.
func (r *roster) remove(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lists(c) {
		return
	}
	last := len(r.slots) - 1
	r.slots[c.place] = r.slots[last]
	r.slots[c.place].conn.place = c.place
	r.slots[last] = slot{}
	if r.slots = r.slots[:last]; last == 0 {
		r.timer.Stop()
		r.slots, r.next = nil, never
	}
}

// strike ticks the connections whose time has come.
func (r *roster) strike() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, next := time.Since(r.born), never
	for i := range r.slots {
		s := &r.slots[i]
		if s.at <= now {
			s.at = never
			go s.conn.tick()
		}
		next = min(next, s.at)
	}
	if r.next = next; next != never {
		r.wake(next, next-now)
	}
}

// open lists the connections.
func (r *roster) open() []*Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	conns := make([]*Conn, 0, len(r.slots))
	for _, s := range r.slots {
		conns = append(conns, s.conn)
	}
	return conns
}
