package glide

import (
	"math/rand/v2"
	"time"
)

// longestNap bounds every sleep. Deadlines are kept on the wall clock, on which tokens expire, while timers run on the monotonic
// one, which stands still in a suspended machine.
const longestNap = 15 * time.Second

// maxTokenLife is the longest life of an IAM token (AWS: "Authenticating with IAM"), and so that of one whose end is not known, as is
// the one the client was configured with.
const maxTokenLife = 15 * time.Minute

// now is the wall clock, without the monotonic reading.
func now() time.Time { return time.Now().Round(0) }

// A schedule says when to do what next. A zero time means never.
type schedule struct {
	refresh, reauth, ping         time.Time
	refreshFailed, reauthFailures int
}

func newSchedule(o Options, start time.Time) schedule {
	s := schedule{refresh: start}
	s.reauthenticated(o, start)
	if o.Watch > 0 {
		s.ping = start.Add(o.Watch)
	}
	return s
}

// stored notes that the client has a token that is good until expires.
func (s *schedule) stored(o Options, at, expires time.Time) {
	s.refreshFailed = 0
	s.refresh = at.Add(min(o.Refresh, expires.Sub(at)/2))
}

// notStored notes that the client has no new token.
func (s *schedule) notStored(o Options, at time.Time) {
	s.refresh = at.Add(backoff(o.Retry, s.refreshFailed))
	s.refreshFailed++
}

// reauthenticated notes that AUTH was sent on every connection.
func (s *schedule) reauthenticated(o Options, at time.Time) {
	s.reauthFailures = 0
	if o.Reauth > 0 {
		s.reauth = at.Add(jitter(o.Reauth))
	}
}

// notReauthenticated notes that an immediate update failed.
func (s *schedule) notReauthenticated(o Options, at time.Time) {
	s.reauth = at.Add(backoff(o.Retry, s.reauthFailures))
	s.reauthFailures++
}

// wait is how long to sleep.
func (s *schedule) wait(at time.Time) time.Duration {
	wait := longestNap
	for _, t := range []time.Time{s.refresh, s.reauth, s.ping} {
		if !t.IsZero() {
			wait = min(wait, t.Sub(at))
		}
	}
	return wait
}

func due(t, at time.Time) bool { return !t.IsZero() && !at.Before(t) }

// backoff doubles with every failure, sixteenfold at most.
func backoff(retry time.Duration, failures int) time.Duration {
	return jitter(retry << min(failures, 4))
}

// jitter makes d up to 10 % shorter or longer.
func jitter(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()*2-1)*float64(d)/10)
}
