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
