package session

import (
	"fmt"
	"time"
)

// A Schedule says when a connection is authenticated again, as ages since it last was.
type Schedule struct {
	// After is when it is done at the first quiet moment.
	After time.Duration
	// By is when a quiet moment is made, by holding back the client's requests.
	By time.Duration
	// Close is when a connection for which neither worked is closed, a forty-eighth of the limit before the server does it.
	Close time.Duration
}

// NewSchedule fills in what is zero: a limit of 12 hours, which AWS documents, half of it for after and eleven twelfths for
// by. The connection is closed a forty-eighth of the limit before the end, which is 15 minutes of 12 hours.
func NewSchedule(limit, after, by time.Duration) (Schedule, error) {
	limit = positive(limit, 12*time.Hour)
	s := Schedule{
		After: positive(after, limit/2),
		By:    positive(by, limit/12*11),
		Close: limit - limit/48,
	}
	if s.After > s.By || s.By >= s.Close {
		return s, fmt.Errorf("renewal after %v and by %v does not fit a session of %v: want after <= by < %v",
			s.After, s.By, limit, s.Close)
	}
	return s, nil
}

// Spread is the schedule of one connection of many: up to a tenth of After and a fiftieth of By earlier, by luck in [0,1), so
// that connections made together are not renewed together.
func (s Schedule) Spread(luck float64) Schedule {
	s.After -= time.Duration(float64(s.After) * luck / 10)
	s.By -= time.Duration(float64(s.By) * luck / 50)
	s.After = min(s.After, s.By)
	return s
}

// Retry is how long to wait before attempt n (0, 1, 2 …) after one that failed: 10 seconds of a 12-hour session, doubling up to
// ten minutes, and in proportion for shorter ones.
func (s Schedule) Retry(n int) time.Duration {
	limit := s.Close / 47 * 48
	return min(limit/4320<<min(n, 10), limit/72)
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
