// Package valetkeyotel makes OpenTelemetry metrics of what a [valetkey.Dialer] does:
//
//	dialer := &valetkey.Dialer{Source: source}
//	_, err := valetkeyotel.Observe(dialer, "orders", otel.GetMeterProvider())
//
// Every series is there from the start, at zero, so that an alert sees the first cut too. There are about 40 for each dialer, and
// never more: no address and no text of an error becomes an attribute. docs/reference/metrics.md lists them.
//
// There are no spans: what is measured here happens between the client's commands, on behalf of none of them.
package valetkeyotel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/observe/internal/count"
)

const scope = "github.com/valetkey/valetkey/observe/otel"

// Observe makes a dialer report to the provider's instruments: it sets d.Observer, and passes everything on to the Observer that
// it finds there. So set your own before, and call it before the dialer is in use.
//
// Target is the value of the attribute of that name. Dialers that share a provider need different ones. The error is the
// provider's own; the dialer is then as it was. A program that outlives the dialer calls Unregister on the registration, or the
// provider goes on asking the dialer how many connections it has.
func Observe(d *valetkey.Dialer, target string, provider metric.MeterProvider) (metric.Registration, error) {
	m := maker{meter: provider.Meter(scope)}
	i := &instruments{
		target: attribute.String("target", target),
		next:   d.Observer,
		counters: map[count.Counter]metric.Int64Counter{
			count.Dials:    m.counter("valetkey.connection.dials", "{attempt}", count.Dials),
			count.Auths:    m.counter("valetkey.auth.attempts", "{attempt}", count.Auths),
			count.Deferred: m.counter("valetkey.reauth.deferred", "{event}", count.Deferred),
			count.Replaced: m.counter("valetkey.connection.replaced", "{connection}", count.Replaced),
			count.Cuts:     m.counter("valetkey.connection.cut", "{connection}", count.Cuts),
		},
	}
	registration, err := i.watch(d, &m)
	if err != nil {
		return nil, err
	}
	count.Series(func(c count.Counter, values ...string) { i.add(0, c, values) })
	d.Observer = i
	return registration, nil
}

// instruments count events.
type instruments struct {
	target   attribute.KeyValue
	next     valetkey.Observer
	counters map[count.Counter]metric.Int64Counter
}

// watch has the provider ask the dialer for what is not counted.
func (i *instruments) watch(d *valetkey.Dialer, m *maker) (metric.Registration, error) {
	open, err := m.meter.Int64ObservableUpDownCounter("valetkey.connection.count", metric.WithUnit("{connection}"),
		metric.WithDescription("Connections that are open."))
	m.note(err)
	age, err := m.meter.Float64ObservableGauge("valetkey.reauth.age.max", metric.WithUnit("s"),
		metric.WithDescription("Longest time since an open connection last authenticated."))
	m.note(err)
	if m.err != nil {
		return nil, m.err
	}
	return m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := d.Stats()
		o.ObserveInt64(open, int64(s.Open), i.with())
		o.ObserveFloat64(age, s.OldestAuth.Seconds(), i.with())
		return nil
	}, open, age)
}

// Observe counts an event.
func (i *instruments) Observe(e valetkey.Event) {
	count.Event(e, func(c count.Counter, values ...string) { i.add(1, c, values) })
	if i.next != nil {
		i.next.Observe(e)
	}
}

func (i *instruments) add(n int64, c count.Counter, values []string) {
	var attributes []attribute.KeyValue
	for at, label := range c.Labels() {
		attributes = append(attributes, attribute.String(label, values[at]))
	}
	i.counters[c].Add(context.Background(), n, i.with(attributes...))
}

func (i *instruments) with(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(attributes, i.target)...)
}

// A maker collects the errors of making instruments.
type maker struct {
	meter metric.Meter
	err   error
}

func (m *maker) counter(name, unit string, c count.Counter) metric.Int64Counter {
	counter, err := m.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(c.Help()))
	m.note(err)
	return counter
}

func (m *maker) note(err error) { m.err = errors.Join(m.err, err) }
