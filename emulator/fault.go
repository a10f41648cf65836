package emulator

import (
	"sync"
	"time"
)

// A Fault is a failure of the IAM service behind the cache.
type Fault int

// The faults that [Server.SetFault] injects. The texts for them are documented by AWS for public endpoints.
const (
	NoFault        Fault = iota
	IAMUnavailable       // new connections: "ERR service is not available"; others: "ERR IAM Authentication service is not available"
	IAMThrottled         // the same, or "ERR Exceeded limit of IAM Authentication requests"; counted as IamAuthenticationThrottling
)

// faults is what was injected; safe for concurrent use.
type faults struct {
	mu       sync.Mutex
	fault    Fault
	delay    time.Duration
	refuse   bool
	throttle throttle
}

// faultNames are the faults as the admin endpoint calls them.
func faultNames() map[string]Fault {
	return map[string]Fault{"none": NoFault, "unavailable": IAMUnavailable, "throttled": IAMThrottled}
}

func (f *faults) auth() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == NoFault && !f.throttle.take(time.Now()) {
		return IAMThrottled
	}
	return f.fault
}

func (f *faults) authDelay() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.delay
}

func (f *faults) refusing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refuse
}

// SetFault makes every AUTH and HELLO AUTH fail, until it is called with NoFault. Connections that have authenticated stay so.
func (s *Server) SetFault(f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.fault = f
}

// SetAuthDelay makes every AUTH and HELLO AUTH take that much longer; AWS gives 50 to 100 ms as an estimate for a real one.
func (s *Server) SetAuthDelay(d time.Duration) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.delay = d
}

// RefuseConnections makes the server close new connections at once, or stop doing so. Those it has stay.
func (s *Server) RefuseConnections(refuse bool) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.refuse = refuse
}

// CutAll closes every client connection without a reply, and returns how many. It does not wait until they are gone.
func (s *Server) CutAll() int { return s.Cut("", 0) }

// Cut closes connections of a user, of all users if it is "", the oldest first and at most that many, all if it is 0. It
// returns how many, and does not wait until they are gone.
func (s *Server) Cut(user string, most int) (n int) {
	for _, c := range s.connections() {
		if (user == "" || c.session.name() == user) && c.cut() {
			n++
		}
		if n == most && most > 0 {
			break
		}
	}
	return n
}

// PutUser adds a user to the group, or replaces the one with its name. Connections of the user stay, as on AWS (documented).
func (s *Server) PutUser(u User) { s.users.put(u) }

// RemoveUser takes a user out of the group, which cuts the user's connections, as on AWS (documented). It returns how many.
func (s *Server) RemoveUser(name string) int {
	s.users.remove(name)
	if name == "" {
		return 0
	}
	return s.Cut(name, 0)
}

// cut closes the connection on request. It reports false if it was closed already.
func (c *conn) cut() bool {
	if c.isClosed() {
		return false
	}
	c.emit(Event{Kind: Cut, User: c.session.name()})
	c.close()
	return true
}
