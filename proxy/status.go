package proxy

import (
	"errors"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
)

// A Status is what is known of a [Server] without asking anybody: it tells of the last attempt to reach the cache and makes none.
type Status struct {
	// Name and Upstream are the cache's name and address.
	Name     string `json:"name"`
	Upstream string `json:"upstream"`
	// Ready is true while the Server accepts clients and the last attempt to authenticate at the cache, if there was one, worked.
	Ready bool `json:"ready"`
	// Why says why it is not ready.
	Why string `json:"why,omitempty"`
	// Draining is true from Shutdown on.
	Draining bool `json:"draining"`
	// Clients is how many there are now, IdleSince since when there has been none; zero while there are some or were none yet.
	Clients   int       `json:"clients"`
	IdleSince time.Time `json:"idle_since,omitzero"`
	// LastAuth is when a connection last authenticated at the cache, first or again, and LastFailure when that last did not work.
	LastAuth    time.Time `json:"last_auth,omitzero"`
	LastFailure time.Time `json:"last_failure,omitzero"`
	// LastToken is when the Source last handed out a token, TokenExpires when that one ends.
	LastToken    time.Time `json:"last_token,omitzero"`
	TokenExpires time.Time `json:"token_expires,omitzero"`
	// Nodes are the nodes of a cluster that have listeners of their own.
	Nodes []NodeStatus `json:"nodes,omitempty"`
	// OldestAuthSeconds is the longest time since an open connection authenticated.
	OldestAuthSeconds float64 `json:"oldest_auth_seconds"`
}

// Status returns what is known now.
func (s *Server) Status() Status {
	s.prepare() // an error is Serve's to return
	up := s.upstreamStats()
	st := Status{Name: s.Name, Upstream: s.Addr, Nodes: s.nodes.list(), LastToken: up.LastToken, TokenExpires: up.TokenExpires, OldestAuthSeconds: up.OldestAuth.Seconds()}
	trouble := s.facts.describe(&st)
	s.mu.Lock()
	p, listening := s.phase, len(s.listeners) > 0
	st.Clients = len(s.clients)
	s.mu.Unlock()
	if st.Clients > 0 {
		st.IdleSince = time.Time{}
	}
	st.Draining = p != serving
	switch {
	case st.Draining:
		st.Why = "draining"
	case !listening:
		st.Why = "not listening yet"
	case trouble != nil:
		st.Why = trouble.Error()
	}
	st.Ready = st.Why == ""
	return st
}

// describe fills in what the facts are, and returns the trouble.
func (f *facts) describe(st *Status) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	st.IdleSince, st.LastAuth, st.LastFailure = f.idleSince, f.lastAuth, f.lastFailure
	return f.trouble
}

// reasonOf is the reason of an error in one word.
func reasonOf(err error) string {
	for _, r := range []valetkey.Reason{valetkey.InvalidTarget, valetkey.CredentialsUnavailable, valetkey.Refused, valetkey.ConnectionLost} {
		if errors.Is(err, r) {
			return strings.ReplaceAll(strings.TrimSuffix(string(r), " by the cache"), " ", "_")
		}
	}
	return "other"
}
