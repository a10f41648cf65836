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
		dials:  m.counter("valetkey.connection.dials", "{attempt}", "Attempts to connect and authenticate."),
		auths: m.counter("valetkey.auth.attempts", "{attempt}",
			"Attempts to authenticate: a new connection (connect), or one again (refresh)."),
		deferred: m.counter("valetkey.reauth.deferred", "{event}",
			"Times that a connection was due to authenticate again and could not just then."),
		replacement: m.counter("valetkey.connection.replaced", "{connection}",
			"Connections closed before the server would, because they could not authenticate again."),
		cuts: m.counter("valetkey.connection.cut", "{connection}",
			"Connections that the server closed at the end of their session."),
	}
	registration, err := i.watch(d, &m)
	if err != nil {
		return nil, err
	}
	i.zero()
	d.Observer = i
	return registration, nil
}

// instruments count events.
type instruments struct {
	target attribute.KeyValue
	next   valetkey.Observer

	dials, auths, deferred, replacement, cuts metric.Int64Counter
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

// zero makes every series that there can be.
func (i *instruments) zero() {
	for _, result := range results() {
		i.add(i.dials, 0, attribute.String("result", result))
		i.add(i.auths, 0, attribute.String("kind", connect), attribute.String("result", result))
		i.add(i.auths, 0, attribute.String("kind", refresh), attribute.String("result", result))
	}
	for _, reason := range reasons() {
		i.add(i.deferred, 0, attribute.String("reason", reason))
		i.add(i.replacement, 0, attribute.String("reason", reason))
	}
	i.add(i.replacement, 0, attribute.String("reason", failing))
	i.add(i.cuts, 0)
}

// Observe counts an event.
func (i *instruments) Observe(e valetkey.Event) {
	switch e.Kind {
	case valetkey.Dialed:
		i.add(i.dials, 1, attribute.String("result", ok))
		i.add(i.auths, 1, attribute.String("kind", connect), attribute.String("result", ok))
	case valetkey.Renewed:
		i.add(i.auths, 1, attribute.String("kind", refresh), attribute.String("result", ok))
	case valetkey.Deferred:
		i.add(i.deferred, 1, attribute.String("reason", reasonLabel(e.Reason)))
	case valetkey.Failed:
		i.countFailure(e)
	case valetkey.Replaced:
		i.add(i.replacement, 1, attribute.String("reason", reasonLabel(e.Reason)))
	case valetkey.Cut:
		i.add(i.cuts, 1)
	}
	if i.next != nil {
		i.next.Observe(e)
	}
}

func (i *instruments) countFailure(e valetkey.Event) {
	result := attribute.String("result", resultLabel(e.Err))
	if e.Age != 0 { // since an authentication, so this one was not the first
		i.add(i.auths, 1, attribute.String("kind", refresh), result)
		return
	}
	i.add(i.dials, 1, result)
	if reachedAuth(e.Err) {
		i.add(i.auths, 1, attribute.String("kind", connect), result)
	}
}

func (i *instruments) add(c metric.Int64Counter, n int64, attributes ...attribute.KeyValue) {
	c.Add(context.Background(), n, i.with(attributes...))
}

func (i *instruments) with(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(attributes, i.target)...)
}

// A maker collects the errors of making instruments.
type maker struct {
	meter metric.Meter
	err   error
}

func (m *maker) counter(name, unit, description string) metric.Int64Counter {
	c, err := m.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	m.note(err)
	return c
}

func (m *maker) note(err error) { m.err = errors.Join(m.err, err) }
