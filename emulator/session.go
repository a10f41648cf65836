package emulator

import (
	"sync"
	"time"
)

// A session is who a connection has authenticated as, and when that ends. Safe for concurrent use.
type session struct {
	mu       sync.Mutex
	user     string
	deadline time.Time // zero: no limit
	timer    *time.Timer
	cutting  sync.WaitGroup
}

// start begins or prolongs the session, up to limit from now; no limit if it is 0. cut is called at the limit, on another
// goroutine, unless the session was prolonged or stopped before. It reports whether there was a session already.
func (s *session) start(user string, limit time.Duration, cut func(user string)) (renewed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	renewed = s.user != ""
	s.clear()
	s.user = user
	if limit > 0 {
		s.deadline = time.Now().Add(limit)
		s.timer = time.AfterFunc(limit, func() { s.expire(cut) })
	}
	return renewed
}

func (s *session) expire(cut func(user string)) {
	s.mu.Lock()
	if s.deadline.IsZero() || time.Now().Before(s.deadline) {
		s.mu.Unlock()
		return // prolonged or stopped while the timer fired
	}
	s.deadline = time.Time{}
	user := s.user
	s.cutting.Add(1)
	s.mu.Unlock()
	defer s.cutting.Done()
	cut(user)
}

// age brings the session's end forward.
func (s *session) age(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil {
		return
	}
	s.deadline = s.deadline.Add(-by)
	s.timer.Reset(time.Until(s.deadline))
}

// stop ends the session and returns whose it was. A cut that has begun is over when it returns.
func (s *session) stop() (user string) {
	s.mu.Lock()
	user = s.user
	s.clear()
	s.mu.Unlock()
	s.cutting.Wait()
	return user
}

func (s *session) clear() {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.user, s.deadline, s.timer = "", time.Time{}, nil
}

// name is the session's user, "" before authentication.
func (s *session) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user
}
