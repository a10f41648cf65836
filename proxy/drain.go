package proxy

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// Shutdown ends the Server without breaking off what clients are doing. For the DrainDelay it goes on accepting; then it closes its
// listeners, and each connection as soon as nothing is under way on it: no reply due, no transaction open, no blocking
// command waiting. Subscribers and MONITOR, which have no end of their own, are closed when they owe nothing else. At the end
// of ctx it closes the rest, and returns an error that says how many they were; nil means that nothing was broken off.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.prepare(); err != nil {
		return err
	}
	if !s.begin(delaying) {
		return s.alreadyEnding(ctx)
	}
	s.log.Info("draining", "clients", s.count(), "delay", s.DrainDelay)
	s.delay(ctx)
	s.begin(draining)
	quiet := s.windDown()
	var err error
	select {
	case <-quiet:
	case <-s.ctx.Done(): // by Close, which tells nobody what it broke off
	case <-ctx.Done():
		if n := s.count(); n > 0 {
			err = fmt.Errorf("proxy: connections broken off: %d: %w", n, ctx.Err())
		}
	}
	s.Close()
	return err
}

// Close closes the listeners and all connections at once, whatever they are doing.
func (s *Server) Close() error {
	if err := s.prepare(); err != nil {
		return err
	}
	s.begin(closed)
	s.cancel()
	s.closeListeners()
	var severing sync.WaitGroup
	for _, c := range s.all() {
		severing.Go(c.sever)
	}
	severing.Wait()
	s.running.Wait()
	return nil
}

// begin moves on to a phase, unless the server is there already or further.
func (s *Server) begin(p phase) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase >= p {
		return false
	}
	s.phase = p
	return true
}

// alreadyEnding is Shutdown beside another Shutdown: it waits for the same end.
func (s *Server) alreadyEnding(ctx context.Context) error {
	select {
	case <-s.ctx.Done():
		s.running.Wait()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) delay(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.DrainDelay)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
}

// windDown stops accepting and has every client end when it can. The channel is closed when all have.
func (s *Server) windDown() <-chan struct{} {
	s.closeListeners()
	quiet := make(chan struct{})
	s.mu.Lock()
	if len(s.clients) == 0 {
		close(quiet)
	} else {
		s.quiet = quiet
	}
	s.mu.Unlock()
	for _, c := range s.all() {
		c.wind(ending{reason: Drained, patient: true})
	}
	return quiet
}

func (s *Server) closeListeners() {
	s.mu.Lock()
	listeners := make([]net.Listener, 0, len(s.listeners))
	for ln := range s.listeners {
		listeners = append(listeners, ln)
	}
	s.mu.Unlock()
	for _, ln := range listeners {
		ln.Close()
	}
}

func (s *Server) all() []*client {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*client, 0, len(s.clients))
	for c := range s.clients {
		all = append(all, c)
	}
	return all
}

func (s *Server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}
