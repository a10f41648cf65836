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
	"github.com/valetkey/valetkey/observe/internal/count"
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

	open, age *prometheus.Desc
	counters  map[count.Counter]*prometheus.CounterVec
}

func newCollector(target prometheus.Labels) *collector {
	c := &collector{
		open: prometheus.NewDesc("valetkey_connections", "Connections that are open.", nil, target),
		age: prometheus.NewDesc("valetkey_reauth_age_seconds_max",
			"Longest time since an open connection last authenticated.", nil, target),
		counters: map[count.Counter]*prometheus.CounterVec{},
	}
	for counter, name := range map[count.Counter]string{
		count.Dials:    "valetkey_connections_total",
		count.Auths:    "valetkey_auth_total",
		count.Deferred: "valetkey_reauth_deferred_total",
		count.Replaced: "valetkey_connections_replaced_total",
		count.Cuts:     "valetkey_connections_cut_total",
	} {
		opts := prometheus.CounterOpts{Name: name, Help: counter.Help(), ConstLabels: target}
		c.counters[counter] = prometheus.NewCounterVec(opts, counter.Labels())
	}
	count.Series(func(n count.Counter, values ...string) { c.counters[n].WithLabelValues(values...) })
	return c
}

// Observe counts an event.
func (c *collector) Observe(e valetkey.Event) {
	count.Event(e, func(n count.Counter, values ...string) { c.counters[n].WithLabelValues(values...).Inc() })
	if c.next != nil {
		c.next.Observe(e)
	}
}

// Describe makes it a [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.open
	to <- c.age
	for _, counters := range c.counters {
		counters.Describe(to)
	}
}

// Collect makes it a [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.dialer.Stats()
	to <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(s.Open))
	to <- prometheus.MustNewConstMetric(c.age, prometheus.GaugeValue, s.OldestAuth.Seconds())
	for _, counters := range c.counters {
		counters.Collect(to)
	}
}
