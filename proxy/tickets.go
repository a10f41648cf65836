package proxy

import (
	"crypto/tls"
	"sync"
)

// maxTickets bounds what is kept for each name: enough for a storm of connections.
const maxTickets = 256

// tickets are TLS sessions to resume, which halves the work of connecting for both sides. A ticket is used once (RFC 8446 C.4), and the
// newest first. The zero value is ready.
type tickets struct {
	mu     sync.Mutex
	byName map[string][]*tls.ClientSessionState
}

// Get takes the newest ticket away.
func (t *tickets) Get(name string) (*tls.ClientSessionState, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.byName[name]
	if len(all) == 0 {
		return nil, false
	}
	last := len(all) - 1
	ticket := all[last]
	all[last] = nil
	t.byName[name] = all[:last]
	return ticket, true
}

// Put adds a ticket, in place of the oldest if there are many. To drop one, which is how nil is meant, is not needed: Get has.
func (t *tickets) Put(name string, ticket *tls.ClientSessionState) {
	if ticket == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byName == nil {
		t.byName = make(map[string][]*tls.ClientSessionState)
	}
	all := t.byName[name]
	if len(all) == maxTickets {
		copy(all, all[1:])
		all = all[:maxTickets-1]
	}
	t.byName[name] = append(all, ticket)
}

// resuming is cfg with tickets, unless it has its own way. A check that is not made again for a resumed session keeps all from being
// resumed.
func resuming(cfg *tls.Config) *tls.Config {
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.ClientSessionCache != nil || cfg.VerifyPeerCertificate != nil {
		return cfg
	}
	cfg = cfg.Clone()
	cfg.ClientSessionCache = &tickets{}
	return cfg
}
