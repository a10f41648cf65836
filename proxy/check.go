package proxy

import (
	"context"
	"time"
)

// Check makes an upstream connection, authenticates it and closes it again. Its error is one of [valetkey.Dialer.DialContext].
func (s *Server) Check(ctx context.Context) error {
	if err := s.prepare(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, positive(s.DialTimeout, 15*time.Second))
	defer cancel()
	conn, err := s.Dialer.DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// recheck waits for failures, and tries again until one attempt, its own or a client's, works.
func (s *Server) recheck() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.facts.failed:
		}
		for wait := s.Recheck; s.facts.failing() && s.ctx.Err() == nil; wait = min(2*wait, 12*s.Recheck) {
			s.sleep(wait)
			if s.facts.failing() && s.ctx.Err() == nil && s.Check(s.ctx) == nil {
				s.log.Info("the cache can be reached again")
			}
		}
	}
}

func (f *facts) failing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trouble != nil
}

// warnUnreachable logs a failure to reach the cache, each kind at most once a minute.
func (s *Server) warnUnreachable(err error) {
	if n, due := s.facts.worthALine(reasonOf(err), time.Now()); due {
		s.log.Warn("cannot reach the cache", "err", err, "unlogged", n)
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
