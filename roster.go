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
	conns map[*Conn]time.Duration
	timer *time.Timer
	next  time.Duration // when the timer goes off
}

// add lists a connection, whose first tick is after d.
func (r *roster) add(c *Conn, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conns == nil {
		r.conns, r.born, r.next = make(map[*Conn]time.Duration), time.Now(), never
	}
	r.set(c, d)
}

// rearm sets the time of a connection's next tick, in place of the one it had. It does nothing to one that is closed.
func (r *roster) rearm(c *Conn, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, open := r.conns[c]; open {
		r.set(c, d)
	}
}

func (r *roster) set(c *Conn, d time.Duration) {
	at := time.Since(r.born) + d
	r.conns[c] = at
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
	delete(r.conns, c)
	if len(r.conns) == 0 && r.timer != nil {
		r.timer.Stop()
		r.next = never
	}
}

// strike ticks the connections whose time has come.
func (r *roster) strike() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, next := time.Since(r.born), never
	for c, at := range r.conns {
		if at <= now {
			r.conns[c], at = never, never
			go c.tick()
		}
		next = min(next, at)
	}
	if r.next = next; next != never {
		r.wake(next, next-now)
	}
}

// open lists the connections.
func (r *roster) open() []*Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	conns := make([]*Conn, 0, len(r.conns))
	for c := range r.conns {
		conns = append(conns, c)
	}
	return conns
}
