package emulator

import (
	"fmt"
	"net"
	"strconv"
)

// listen opens the port of the endpoint with that number: the configured one and those that follow, or any.
func (s *Server) listen(number int) (net.Listener, error) {
	if number == 0 {
		return net.Listen("tcp", s.config.Listen)
	}
	host, port, err := net.SplitHostPort(s.config.Listen)
	if err != nil {
		return nil, err
	}
	first, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil, err
	}
	if first > 0 {
		first += number
	}
	return net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(first)))
}

// open takes the first endpoint's listener, opens the others, accepts on all of them, and starts the engine. What it returns tells
// of the end of the first one.
func (s *Server) open(first net.Listener) (ended <-chan error, err error) {
	d := s.deployment
	d.setStarting(s.config.program() != "")
	end := make(chan error, 1)
	for i, e := range d.endpoints {
		ln := first
		if i > 0 {
			if ln, err = s.listen(i); err != nil {
				s.Close()
				return nil, fmt.Errorf("emulator: %w", err)
			}
		}
		if !s.attach(e, ln) {
			return nil, ErrClosed
		}
		s.running.Go(func() {
			if err := s.accept(ln, e); i == 0 {
				end <- err
			}
		})
	}
	if err := s.startEngine(); err != nil {
		s.Close()
		return nil, fmt.Errorf("emulator: engine %s: %w", s.config.Engine, err)
	}
	d.setStarting(false)
	return end, nil
}

// relisten opens the port that an endpoint had.
func (s *Server) relisten(e *endpoint) (net.Listener, error) {
	return net.Listen("tcp", e.ln.Addr().String())
}

// attach makes a listener the endpoint's, and tells clients of it.
func (s *Server) attach(e *endpoint, ln net.Listener) bool {
	if !s.adopt(ln, nil) {
		return false
	}
	d := s.deployment
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.ln = ln; e.addr == "" {
		e.addr = s.config.advertised(ln.Addr().String())
	}
	return true
}

// advertised is what clients are told of an address that the server listens on. Nodes of a cluster are told of by a host name, as
// AWS's with TLS are.
func (c Config) advertised(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	ip := net.ParseIP(host)
	switch {
	case c.Host != "":
		host = c.Host
	case c.Profile != SingleNode && ip != nil && (ip.IsLoopback() || ip.IsUnspecified()):
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
