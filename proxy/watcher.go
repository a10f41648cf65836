package proxy

import (
	"context"
	"errors"
	"time"

	"github.com/valetkey/valetkey"
)

// A watcher is told what the Dialer does.
type watcher struct {
	srv  *Server
	next valetkey.Observer // the user's own
}

// Observe takes note of it, and logs what somebody may have to do something about.
func (w *watcher) Observe(e valetkey.Event) {
	if !errors.Is(e.Err, context.Canceled) { // broken off on this side, which says nothing of the cache
		w.srv.facts.note(e, e.Addr != w.srv.Addr && e.Age == 0 && isAway(e.Err))
		w.srv.logEvent(e)
	}
	if w.next != nil {
		w.next.Observe(e)
	}
}

func (s *Server) logEvent(e valetkey.Event) {
	switch e.Kind {
	case valetkey.Failed:
		s.warn(e)
	case valetkey.Replaced:
		s.log.Warn("closed a connection that could not be renewed in time", "reason", e.Reason, "age", e.Age)
	case valetkey.Cut:
		s.log.Warn("the cache has ended a session", "age", e.Age)
	default:
		s.log.Debug(string(e.Kind), "reason", e.Reason, "age", e.Age)
	}
}

// warn logs a failure, each kind at most once a minute.
func (s *Server) warn(e valetkey.Event) {
	what := "cannot reach the cache"
	if e.Age > 0 {
		what = "cannot renew a connection"
	}
	if n, due := s.facts.worthALine(what+reasonOf(e.Err), time.Now()); due {
		s.log.Warn(what, "err", e.Err, "unlogged", n)
	}
}

// logEnd logs the end of a client's connection. If one of the two sides does not speak RESP, somebody has connected the wrong things.
func (s *Server) logEnd(c *client, reason Reason, err error, dur time.Duration) {
	s.log.Debug("connection closed", "client", c.conn.RemoteAddr(), "reason", reason, "err", err, "dur", dur)
	what := map[Reason]string{Malformed: "a client does not speak RESP", UpstreamMalformed: "the cache does not speak RESP"}[reason]
	if what == "" {
		return
	}
	if n, due := s.facts.worthALine(what, time.Now()); due {
		s.log.Warn(what, "client", c.conn.RemoteAddr(), "err", err, "unlogged", n)
	}
}

// worthALine reports whether a failure is to be logged, and how many of its kind have not been since the last line.
func (f *facts) worthALine(reason string, now time.Time) (unlogged int64, due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.logged[reason]
	if f.logged == nil {
		f.logged = make(map[string]logLine)
	}
	if !last.at.IsZero() && now.Sub(last.at) < time.Minute {
		last.skipped++
		f.logged[reason] = last
		return 0, false
	}
	f.logged[reason] = logLine{at: now}
	return last.skipped, true
}

// A logLine is when a kind of failure was last logged, and how often it has happened since.
type logLine struct {
	at      time.Time
	skipped int64
}
