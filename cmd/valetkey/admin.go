package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/valetkey/valetkey/proxy"
)

// adminHandler serves what probes, people and orchestrators ask for. A web page cannot give orders: requests that a browser sends on behalf of
// another origin are refused, and so are those for a name of the page's own that resolves to this machine.
func (f *fleet) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /startup", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, f.started.Load(), "started\n", "not started yet\n")
	})
	mux.HandleFunc("GET /readiness", func(w http.ResponseWriter, _ *http.Request) { answer(w, f.notReady() == "", "ready\n", f.notReady()) })
	mux.HandleFunc("GET /liveness", func(w http.ResponseWriter, _ *http.Request) { answer(w, true, "alive\n", "") })
	mux.HandleFunc("GET /status", f.writeStatus)
	mux.HandleFunc("GET /metrics", f.writeMetrics)
	mux.HandleFunc("POST /drain", func(w http.ResponseWriter, _ *http.Request) {
		if err := f.drain(); err != nil {
			answer(w, false, "", err.Error()+"\n")
			return
		}
		answer(w, true, "drained\n", "")
	})
	return underLocalName(http.NewCrossOriginProtection().Handler(mux))
}

// underLocalName refuses requests that do not name this machine by localhost or a loopback address.
func underLocalName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := (&url.URL{Host: r.Host}).Hostname()
		if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
			http.Error(w, "this endpoint answers as localhost or a loopback address only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, ok bool, yes, no string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
		yes = no
	}
	fmt.Fprint(w, yes)
}

// notReady says why, one line for each cache that is not; nothing if all are.
func (f *fleet) notReady() (why string) {
	for _, s := range f.servers {
		if st := s.Status(); !st.Ready {
			why += st.Name + ": " + st.Why + "\n"
		}
	}
	return why
}

// A statusTarget is one cache in /status.
type statusTarget struct {
	proxy.Status
	Listen   []string               `json:"listen"`
	Accepted int64                  `json:"accepted"`
	Ended    map[proxy.Reason]int64 `json:"ended,omitempty"`
	Renewed  int64                  `json:"renewed"`
}

func (f *fleet) writeStatus(w http.ResponseWriter, _ *http.Request) {
	out := struct {
		Version string         `json:"version"`
		Began   time.Time      `json:"began"`
		Started bool           `json:"started"`
		Targets []statusTarget `json:"targets"`
	}{Version: f.version, Began: f.began, Started: f.started.Load()}
	for i, s := range f.servers {
		stats := s.Stats()
		out.Targets = append(out.Targets, statusTarget{Status: s.Status(), Listen: addresses(f.listeners[i]),
			Accepted: stats.Accepted, Ended: stats.Ended, Renewed: stats.Upstream.Renewed})
	}
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.Encode(out)
}
