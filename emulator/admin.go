package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// adminLimit bounds a request to the admin endpoint, in bytes.
const adminLimit = 1 << 16

// startConsoles serves what is beside the cache, as far as it is asked for, until the server closes.
func (s *Server) startConsoles() error {
	if err := s.startControlPlane(); err != nil {
		return err
	}
	return s.startAdmin()
}

func (s *Server) startAdmin() error {
	if s.config.Admin == "" {
		return nil
	}
	ln, err := net.Listen("tcp", s.config.Admin)
	if err != nil {
		return fmt.Errorf("emulator: admin endpoint: %w", err)
	}
	if !s.adopt(ln, &s.admin) {
		return ErrClosed
	}
	server := &http.Server{Handler: s.adminHandler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: nil,
		BaseContext: func(net.Listener) context.Context { return s.ctx }}
	s.running.Go(func() { server.Serve(ln); server.Close() })
	return nil
}

// AdminAddr is the host:port of the admin endpoint, "" if there is none.
func (s *Server) AdminAddr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin == nil {
		return ""
	}
	return s.admin.Addr().String()
}

// adminHandler routes the admin endpoint. Everything is JSON.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stats", tell(func() any { return s.Stats() }))
	mux.HandleFunc("GET /refusals", tell(func() any { return s.Refusals() }))
	mux.HandleFunc("GET /behaviours", tell(func() any { return Behaviours() }))
	mux.HandleFunc("GET /config", tell(func() any { return s.Describe() }))
	mux.HandleFunc("POST /advance", order(s.adminAdvance))
	mux.HandleFunc("POST /fault", order(s.adminFault))
	mux.HandleFunc("POST /cut", order(s.adminCut))
	mux.HandleFunc("POST /revoke", order(s.adminRevoke))
	mux.HandleFunc("POST /drop", order(s.adminDrop))
	mux.HandleFunc("POST /restore", order(s.adminRestore))
	return sameMachine(mux)
}

// sameMachine keeps web pages away that a browser on this machine shows: they send an Origin, or come under a name of their own
// that resolves to this machine.
func sameMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || !loopback(r.Host) {
			complain(w, http.StatusForbidden, errors.New("this endpoint is for programs on this machine, by its loopback address"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// tell answers with what get returns.
func tell(get func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, get()) }
}

// order reads a request of type T, carries it out and answers with the result, or with the error as a bad request.
func order[T any](carryOut func(T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, adminLimit))
		var request T
		if err == nil {
			err = strict(body, &request)
		}
		var result any
		if err == nil {
			result, err = carryOut(request)
		}
		if err != nil {
			complain(w, http.StatusBadRequest, err)
			return
		}
		reply(w, http.StatusOK, result)
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // the client may have gone
}

func complain(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": err.Error()})
}

// span is a duration as JSON has it: "1h30m".
type span time.Duration

func (d *span) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errors.New(`a duration is a text such as "1h30m"`)
	}
	parsed, err := time.ParseDuration(text)
	*d = span(parsed)
	return err
}

type advanceOrder struct {
	By span `json:"by"`
}

func (s *Server) adminAdvance(o advanceOrder) (any, error) {
	if o.By <= 0 {
		return nil, errors.New(`"by" must be more than 0: time does not go back`)
	}
	s.Advance(time.Duration(o.By))
	return map[string]string{"now": s.clock.now().UTC().Format(time.RFC3339)}, nil
}

// faultOrder changes the faults that it names.
type faultOrder struct {
	IAM               *string  `json:"iam"`
	AuthDelay         *span    `json:"auth_delay"`
	AuthRate          *float64 `json:"auth_rate"`
	RefuseConnections *bool    `json:"refuse_connections"`
}

func (s *Server) adminFault(o faultOrder) (any, error) {
	if o.IAM != nil {
		f, ok := faultNames()[*o.IAM]
		if !ok {
			return nil, fmt.Errorf(`"iam": %q is none of %s`, *o.IAM, strings.Join(slices.Sorted(maps.Keys(faultNames())), ", "))
		}
		s.SetFault(f)
	}
	if o.AuthDelay != nil {
		s.SetAuthDelay(time.Duration(*o.AuthDelay))
	}
	if o.AuthRate != nil {
		s.SetAuthRate(*o.AuthRate)
	}
	if o.RefuseConnections != nil {
		s.RefuseConnections(*o.RefuseConnections)
	}
	return s.faults.describe(), nil
}

type cutOrder struct {
	User  string `json:"user"`
	Count int    `json:"count"`
}

func (s *Server) adminCut(o cutOrder) (any, error) {
	if o.Count < 0 {
		return nil, errors.New(`"count" is negative: leave it out to cut all`)
	}
	return map[string]int{"cut": s.Cut(o.User, o.Count)}, nil
}

// revokeOrder takes away an access key, or a user's place in the group.
type revokeOrder struct {
	Key  string `json:"key"`
	User string `json:"user"`
}

func (s *Server) adminRevoke(o revokeOrder) (any, error) {
	switch {
	case (o.Key == "") == (o.User == ""):
		return nil, errors.New(`want either "key", an access key id, or "user"`)
	case o.Key != "" && !s.RevokeKey(o.Key):
		return nil, fmt.Errorf("there is no access key %q", o.Key)
	case o.Key != "":
		return map[string]int{"cut": 0}, nil
	}
	if _, known := s.users.get(o.User); !known {
		return nil, fmt.Errorf("there is no user %q", o.User)
	}
	return map[string]int{"cut": s.RemoveUser(o.User)}, nil
}

// nodeOrder names a node.
type nodeOrder struct {
	Node string `json:"node"`
}

func (s *Server) adminDrop(o nodeOrder) (any, error) {
	err := s.DropNode(o.Node)
	return map[string][]Node{"nodes": s.Nodes()}, err
}

func (s *Server) adminRestore(o nodeOrder) (any, error) {
	err := s.RestoreNode(o.Node)
	return map[string][]Node{"nodes": s.Nodes()}, err
}
