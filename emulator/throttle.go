package emulator

import "time"

// A throttle lets events through at a rate, and as many at once as come in a second. The zero value lets all through.
type throttle struct {
	rate   float64 // a second
	credit float64
	last   time.Time
}

// take reports whether one more may go through at that time.
func (t *throttle) take(now time.Time) bool {
	if t.rate <= 0 {
		return true
	}
	t.credit = min(t.credit+now.Sub(t.last).Seconds()*t.rate, max(t.rate, 1))
	t.last = now
	if t.credit < 1 {
		return false
	}
	t.credit--
	return true
}

// SetAuthRate throttles AUTH and HELLO AUTH to so many a second, of all connections together; 0, the default, does not. As many
// may come at once as a second allows, at least one. The rest is answered as under [IAMThrottled], and counted as
// IamAuthenticationThrottling. AWS documents that it throttles, but no rate.
func (s *Server) SetAuthRate(perSecond float64) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.throttle = throttle{rate: perSecond, credit: max(perSecond, 1), last: time.Now()}
}
