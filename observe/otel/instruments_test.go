package valetkeyotel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	api "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/valetkey/valetkey"
)

// collect returns one line for each metric, with its kind, and one for each of its points, sorted.
func (s *scene) collect() (lines []string) {
	s.t.Helper()
	for _, m := range s.metrics() {
		lines = append(lines, fmt.Sprintf("%s [%s] %s: %s", m.Name, m.Unit, kindOf(m.Data), m.Description))
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				lines = append(lines, fmt.Sprintf("%s{%s} %d", m.Name, attributesOf(p.Attributes), p.Value))
			}
		case metricdata.Gauge[float64]:
			for _, p := range data.DataPoints {
				lines = append(lines, fmt.Sprintf("%s{%s} %v", m.Name, attributesOf(p.Attributes), p.Value))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func (s *scene) metrics() []metricdata.Metrics {
	s.t.Helper()
	var all metricdata.ResourceMetrics
	if err := s.reader.Collect(s.t.Context(), &all); err != nil {
		s.t.Fatal(err)
	}
	if len(all.ScopeMetrics) != 1 || all.ScopeMetrics[0].Scope.Name != scope {
		s.t.Fatalf("scopes %v", all.ScopeMetrics)
	}
	return all.ScopeMetrics[0].Metrics
}

// kindOf names the kind of metric as docs/reference/metrics.md does.
func kindOf(data metricdata.Aggregation) string {
	if sum, ok := data.(metricdata.Sum[int64]); ok && sum.IsMonotonic {
		return "counter"
	}
	return "gauge"
}

func attributesOf(set attribute.Set) string {
	var all []string
	for _, a := range set.ToSlice() {
		all = append(all, string(a.Key)+"="+a.Value.AsString())
	}
	return strings.Join(all, " ")
}

// wantLines compares everything that is collected with a file in testdata.
func (s *scene) wantLines(file string) {
	s.t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		s.t.Fatal(err)
	}
	if got := strings.Join(s.collect(), "\n") + "\n"; got != string(want) {
		s.t.Errorf("collected\n%s\nwant %s:\n%s", got, file, want)
	}
}

func TestCollected(t *testing.T) {
	play(t, func(s *scene) {
		s.wantLines("start.txt")
		s.trouble()
		s.wantLines("trouble.txt")
	})
}

func TestCutIsCounted(t *testing.T) {
	play(t, func(s *scene) {
		s.cut()
		if got := s.collect(); !slices.Contains(got, "valetkey.connection.cut{target=orders} 1") {
			t.Error("no cut in\n" + strings.Join(got, "\n"))
		}
		if got := s.cache.Stats().IamAuthenticationExpirations; got != 1 {
			t.Errorf("the server cut %d connections", got)
		}
	})
}

// What the library's errors and reasons may grow into does not become an attribute.
func TestAttributesAreBounded(t *testing.T) {
	for _, c := range []struct {
		event valetkey.Event
		want  string
	}{
		{valetkey.Event{Kind: valetkey.Failed, Err: errors.New("10.0.0.1 is gone")}, "valetkey.auth.attempts{kind=connect result=other target=orders} 1"},
		{valetkey.Event{Kind: valetkey.Failed, Age: 1, Err: &valetkey.Error{Reason: "new"}}, "valetkey.auth.attempts{kind=refresh result=other target=orders} 1"},
		{valetkey.Event{Kind: valetkey.Deferred, Reason: "new"}, "valetkey.reauth.deferred{reason=other target=orders} 1"},
		{valetkey.Event{Kind: valetkey.Replaced, Reason: "new"}, "valetkey.connection.replaced{reason=other target=orders} 1"},
		{valetkey.Event{Kind: valetkey.Replaced}, "valetkey.connection.replaced{reason=failing target=orders} 1"},
	} {
		play(t, func(s *scene) {
			before := len(s.collect())
			s.dialer.Observer.Observe(c.event)
			if got := s.collect(); len(got) != before || !slices.Contains(got, c.want) {
				t.Errorf("%v collected as\n%s", c.event, strings.Join(got, "\n"))
			}
		})
	}
}

type observerFunc func(valetkey.Event)

func (f observerFunc) Observe(e valetkey.Event) { f(e) }

func TestTheObserverThatWasThereIsToldToo(t *testing.T) {
	play(t, func(s *scene) {
		var seen []valetkey.EventKind
		s.dialer.Observer = observerFunc(func(e valetkey.Event) { seen = append(seen, e.Kind) })
		if _, err := Observe(s.dialer, "orders", noop.NewMeterProvider()); err != nil {
			t.Fatal(err)
		}
		s.dial()
		if !slices.Equal(seen, []valetkey.EventKind{valetkey.Dialed}) {
			t.Errorf("told %q", seen)
		}
	})
}

func TestUnregisteredIsNotAsked(t *testing.T) {
	play(t, func(s *scene) {
		const gauge = "valetkey.connection.count{target=orders} 0"
		if got := s.collect(); !slices.Contains(got, gauge) {
			t.Errorf("no connections in %q", got)
		}
		if err := s.registration.Unregister(); err != nil {
			t.Fatal(err)
		}
		if got := s.collect(); slices.Contains(got, gauge) {
			t.Errorf("asked again: %q", got)
		}
	})
}

// A provider that fails leaves the dialer as it was.
func TestProvidersErrorIsReturned(t *testing.T) {
	var d valetkey.Dialer
	registration, err := Observe(&d, "orders", broken{})
	if !errors.Is(err, errBroken) || registration != nil || d.Observer != nil {
		t.Errorf("%v, %v, observer %v", registration, err, d.Observer)
	}
}

var errBroken = errors.New("no counters here")

// A broken provider makes no counters.
type broken struct{ noop.MeterProvider }

func (broken) Meter(string, ...api.MeterOption) api.Meter { return brokenMeter{} }

type brokenMeter struct{ noop.Meter }

func (brokenMeter) Int64Counter(string, ...api.Int64CounterOption) (api.Int64Counter, error) {
	return noop.Int64Counter{}, errBroken
}
