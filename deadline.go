package valetkey

import (
	"sync"
	"time"
)

// A deadline is a point in time that can be waited for, and moved while somebody waits. It costs a timer only then.
type deadline struct {
	mu      sync.Mutex
	at      time.Time
	waiters int
	timer   *time.Timer
	gone    chan struct{} // closed once at has passed; nil while nobody waits
}

// set moves the deadline; the zero time is none.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	if d.waiters > 0 {
		d.arm()
	}
}

// time is the deadline as it was set.
func (d *deadline) time() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

// wait returns a channel that is closed once the deadline has passed, wherever it has been moved to. The caller calls stop
// when it no longer waits.
func (d *deadline) wait() (gone <-chan struct{}, stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiters++; d.waiters == 1 {
		d.gone = make(chan struct{})
		d.arm()
	}
	return d.gone, d.leave
}

func (d *deadline) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiters--; d.waiters > 0 {
		return
	}
	d.gone = nil
	d.disarm()
}

func (d *deadline) arm() {
	d.disarm()
	if d.at.IsZero() {
		return
	}
	gone := d.gone
	d.timer = time.AfterFunc(time.Until(d.at), func() { d.expire(gone) })
}

func (d *deadline) disarm() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// expire closes gone, unless the deadline has been moved since.
func (d *deadline) expire(gone chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if gone != d.gone || d.at.IsZero() || time.Now().Before(d.at) {
		return
	}
	select {
	case <-gone:
	default:
		close(gone)
	}
}
