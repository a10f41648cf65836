package valetkey

import (
	"sync"
	"sync/atomic"
)

// A signal is given once. It has a channel only if somebody has waited for it. The zero signal has not been given.
type signal struct {
	on atomic.Bool
	mu sync.Mutex
	ch chan struct{}
}

func (s *signal) given() bool { return s.on.Load() }

// give gives the signal and reports whether this was the first time; if so it calls prepare before anybody can see it.
func (s *signal) give(prepare func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on.Load() {
		return false
	}
	prepare()
	s.on.Store(true)
	if s.ch != nil {
		close(s.ch)
	}
	return true
}

// done is closed once the signal has been given.
func (s *signal) done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
		if s.on.Load() {
			close(s.ch)
		}
	}
	return s.ch
}
