package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/valetkey/valetkey/proxy"
)

// A metric is one family in the Prometheus text format, with a function for the values of a server.
type metric struct {
	name, kind, help string
	values           func(proxy.Stats, proxy.Status) map[string]float64 // by further labels
}

// metrics are named and labelled as docs/reference/metrics.md has it for dialers; those of clients are the sidecar's own.
func metrics() []metric {
	return []metric{
		{"valetkey_ready", "gauge", "1 if clients are accepted and the last attempt to reach the cache worked.",
			func(_ proxy.Stats, st proxy.Status) map[string]float64 { return one(truth(st.Ready)) }},
		{"valetkey_draining", "gauge", "1 from the begin of the end on.",
			func(_ proxy.Stats, st proxy.Status) map[string]float64 { return one(truth(st.Draining)) }},
		{"valetkey_clients", "gauge", "Clients that are connected.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 { return one(float64(s.Open)) }},
		{"valetkey_clients_total", "counter", "Clients that have connected.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 { return one(float64(s.Accepted)) }},
		{"valetkey_clients_ended_total", "counter", "Connections of clients that have ended, by reason.", endedValues},
		{"valetkey_logins_refused_total", "counter", "Local logins refused before anything went to the cache.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 { return one(float64(s.LoginsRefused)) }},
		{"valetkey_bytes_total", "counter", "Bytes between clients and the cache.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 {
				return map[string]float64{label("direction", "up"): float64(s.BytesUp), label("direction", "down"): float64(s.BytesDown)}
			}},
		{"valetkey_nodes", "gauge", "Nodes of a cluster that have a local port.",
			func(_ proxy.Stats, st proxy.Status) map[string]float64 { return one(float64(len(st.Nodes))) }},
		{"valetkey_node_clients", "gauge", "Clients that are connected for a node of a cluster.", nodeValues},
		{"valetkey_connections", "gauge", "Connections that are open.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 { return one(float64(s.Upstream.Open)) }},
		{"valetkey_connections_total", "counter", "Attempts to connect and authenticate.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 {
				return results("", s.Upstream.Dialed, s.NotDialed)
			}},
		{"valetkey_auth_total", "counter", "Attempts to authenticate: a new connection (connect), or one again (refresh).",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 {
				all := results(label("kind", "connect")+",", s.Upstream.Dialed, s.NotDialed)
				maps.Copy(all, results(label("kind", "refresh")+",", s.Upstream.Renewed, s.NotRenewed))
				return all
			}},
		{"valetkey_reauth_deferred_total", "counter", "Times that a connection was due to authenticate again and could not just then.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 { return reasons(s.Deferred) }},
		{"valetkey_connections_replaced_total", "counter", "Connections closed before the server would, because they could not authenticate again.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 { return reasons(s.Replaced) }},
		{"valetkey_connections_cut_total", "counter", "Connections that the server closed at the end of their session.",
			func(s proxy.Stats, _ proxy.Status) map[string]float64 { return one(float64(s.Upstream.Cut)) }},
		{"valetkey_reauth_age_seconds_max", "gauge", "Longest time since an open connection last authenticated.",
			func(_ proxy.Stats, st proxy.Status) map[string]float64 { return one(st.OldestAuthSeconds) }},
		{"valetkey_last_auth_timestamp_seconds", "gauge", "When a connection last authenticated; 0 if none has.",
			func(_ proxy.Stats, st proxy.Status) map[string]float64 { return one(unix(st.LastAuth)) }},
		{"valetkey_token_expiry_timestamp_seconds", "gauge", "When the last token ends; 0 if there was none.",
			func(_ proxy.Stats, st proxy.Status) map[string]float64 { return one(unix(st.TokenExpires)) }},
	}
}

func (f *fleet) writeMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	var b strings.Builder
	fmt.Fprintf(&b, "# HELP valetkey_build_info The version that runs.\n# TYPE valetkey_build_info gauge\nvaletkey_build_info{%s} 1\n", label("version", f.version))
	for _, m := range metrics() {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", m.name, m.help, m.name, m.kind)
		for _, s := range f.servers {
			m.write(&b, label("target", s.Name), m.values(s.Stats(), s.Status()))
		}
	}
	fmt.Fprint(w, b.String())
}

func (m metric) write(b *strings.Builder, target string, values map[string]float64) {
	for _, labels := range slices.Sorted(maps.Keys(values)) {
		all := target
		if labels != "" {
			all += "," + labels
		}
		fmt.Fprintf(b, "%s{%s} %g\n", m.name, all, values[labels])
	}
}

func nodeValues(_ proxy.Stats, st proxy.Status) map[string]float64 {
	all := map[string]float64{}
	for _, n := range st.Nodes {
		all[label("node", n.Upstream)+","+label("address", n.Address)] = float64(n.Clients)
	}
	return all
}

func endedValues(s proxy.Stats, _ proxy.Status) map[string]float64 {
	all := map[string]float64{}
	for _, r := range proxy.Reasons() {
		all[label("reason", string(r))] = float64(s.Ended[r])
	}
	return all
}

func results(kind string, ok int64, failed map[string]int64) map[string]float64 {
	all := map[string]float64{kind + label("result", "ok"): float64(ok)}
	for reason, n := range failed {
		all[kind+label("result", reason)] = float64(n)
	}
	return all
}

func reasons(counts map[string]int64) map[string]float64 {
	all := map[string]float64{}
	for reason, n := range counts {
		all[label("reason", reason)] = float64(n)
	}
	return all
}

func one(v float64) map[string]float64 { return map[string]float64{"": v} }

// label is name="value" in the Prometheus text format.
func label(name, value string) string {
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
