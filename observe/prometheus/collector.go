// Package valetkeyprom makes Prometheus metrics of what a [valetkey.Dialer] does:
//
//	dialer := &valetkey.Dialer{Source: source}
//	prometheus.MustRegister(valetkeyprom.Observe(dialer, "orders"))
//
// Every series is there from the start, at zero, so that an alert sees the first cut too. There are about 40 for each dialer, and
// never more: no address and no text of an error becomes a label. docs/reference/metrics.md lists them.
package valetkeyprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/valetkey/valetkey"
)

// Observe returns the metrics of a dialer, to be registered, and makes the dialer report to them: it sets d.Observer, and passes
// everything on to the Observer that it finds there. So set your own before, and call it before the dialer is in use.
//
// Target is the value of the label of that name. Dialers that share a registry need different ones.
func Observe(d *valetkey.Dialer, target string) prometheus.Collector {
	c := newCollector(prometheus.Labels{"target": target})
	c.dialer, c.next = d, d.Observer
	d.Observer = c
	return c
}

// A collector counts events, and asks the dialer for the rest when it is scraped.
type collector struct {
	dialer *valetkey.Dialer
	next   valetkey.Observer

	open, age                           *prometheus.Desc
	dials, auths, deferred, replacement *prometheus.CounterVec
	cuts                                prometheus.Counter
}

func newCollector(target prometheus.Labels) *collector {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: target}, labels)
	}
	c := &collector{
		open: prometheus.NewDesc("valetkey_connections", "Connections that are open.", nil, target),
		age: prometheus.NewDesc("valetkey_reauth_age_seconds_max",
			"Longest time since an open connection last authenticated.", nil, target),
		dials: counter("valetkey_connections_total", "Attempts to connect and authenticate.", "result"),
		auths: counter("valetkey_auth_total",
			"Attempts to authenticate: a new connection (connect), or one again (refresh).", "kind", "result"),
		deferred: counter("valetkey_reauth_deferred_total",
			"Times that a connection was due to authenticate again and could not just then.", "reason"),
		replacement: counter("valetkey_connections_replaced_total",
			"Connections closed before the server would, because they could not authenticate again.", "reason"),
		cuts: prometheus.NewCounter(prometheus.CounterOpts{Name: "valetkey_connections_cut_total", ConstLabels: target,
			Help: "Connections that the server closed at the end of their session."}),
	}
	c.zero()
	return c
}

// zero makes every series that there can be.
func (c *collector) zero() {
	for _, result := range results() {
		c.dials.WithLabelValues(result)
		c.auths.WithLabelValues(connect, result)
		c.auths.WithLabelValues(refresh, result)
	}
	for _, reason := range reasons() {
		c.deferred.WithLabelValues(reason)
		c.replacement.WithLabelValues(reason)
	}
	c.replacement.WithLabelValues(failing)
}

// Observe counts an event.
func (c *collector) Observe(e valetkey.Event) {
	switch e.Kind {
	case valetkey.Dialed:
		c.dials.WithLabelValues(ok).Inc()
		c.auths.WithLabelValues(connect, ok).Inc()
	case valetkey.Renewed:
		c.auths.WithLabelValues(refresh, ok).Inc()
	case valetkey.Deferred:
		c.deferred.WithLabelValues(reasonLabel(e.Reason)).Inc()
	case valetkey.Failed:
		c.countFailure(e)
	case valetkey.Replaced:
		c.replacement.WithLabelValues(reasonLabel(e.Reason)).Inc()
	case valetkey.Cut:
		c.cuts.Inc()
	}
	if c.next != nil {
		c.next.Observe(e)
	}
}

func (c *collector) countFailure(e valetkey.Event) {
	result := resultLabel(e.Err)
	if e.Age != 0 { // since an authentication, so this one was not the first
		c.auths.WithLabelValues(refresh, result).Inc()
		return
	}
	c.dials.WithLabelValues(result).Inc()
	if reachedAuth(e.Err) {
		c.auths.WithLabelValues(connect, result).Inc()
	}
}

// Describe makes it a [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.open
	to <- c.age
	for _, counters := range c.counters() {
		counters.Describe(to)
	}
}

// Collect makes it a [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.dialer.Stats()
	to <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(s.Open))
	to <- prometheus.MustNewConstMetric(c.age, prometheus.GaugeValue, s.OldestAuth.Seconds())
	for _, counters := range c.counters() {
		counters.Collect(to)
	}
}

func (c *collector) counters() []prometheus.Collector {
	return []prometheus.Collector{c.dials, c.auths, c.deferred, c.replacement, c.cuts}
}
