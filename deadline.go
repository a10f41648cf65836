package valetkey

import (
	"sync"
	"time"
)

// A deadline is a point in time that can be waited for, and moved while somebody waits. It costs a timer only then.
type deadline struct {
	mu   sync.Mutex
	at   time.Time
	wake *awaited // nil while nobody waits
}

// awaited is what a deadline needs while it is waited for.
type awaited struct {
	waiters int
	timer   *time.Timer
	gone    chan struct{} // closed once the deadline has passed
}

// set moves the deadline; the zero time is none.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	if d.wake != nil {
		d.wake.renew()
		d.arm()
	}
}

// time is the deadline as it was set.
func (d *deadline) time() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

// over reports whether it has passed.
func (d *deadline) over() bool {
	at := d.time()
	return !at.IsZero() && !time.Now().Before(at)
}

// wait returns a channel that is closed once the deadline has passed, wherever it has been moved to. The caller calls stop
// when it no longer waits.
func (d *deadline) wait() (gone <-chan struct{}, stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wake == nil {
		d.wake = &awaited{gone: make(chan struct{})}
		d.arm()
	}
	d.wake.waiters++
	return d.wake.gone, d.leave
}

func (d *deadline) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wake.waiters--; d.wake.waiters == 0 {
		d.wake.disarm()
		d.wake = nil
	}
}

// renew is for a deadline that is moved after it has passed.
func (w *awaited) renew() {
	select {
	case <-w.gone:
		w.gone = make(chan struct{})
	default:
	}
}

func (d *deadline) arm() {
	w := d.wake
	w.disarm()
	if !d.at.IsZero() {
		w.timer = time.AfterFunc(time.Until(d.at), func() { d.expire(w) })
	}
}

func (w *awaited) disarm() {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}

// expire tells those who wait, unless the deadline has been moved since.
func (d *deadline) expire(w *awaited) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w != d.wake || d.at.IsZero() || time.Now().Before(d.at) {
		return
	}
	select {
	case <-w.gone:
	default:
		close(w.gone)
	}
}
