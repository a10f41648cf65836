package valetkeyprom

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/observe/internal/count"
)

// wantText compares the whole exposition with a file in testdata.
func (s *scene) wantText(file string) {
	s.t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if err := testutil.GatherAndCompare(s.registry, f); err != nil {
		s.t.Error(err)
	}
}

// series names every series, without its target.
func (s *scene) series() []string {
	return s.seriesWhere(func(*dto.Metric) bool { return true })
}

// counted names the counters that are not zero.
func (s *scene) counted() []string {
	return s.seriesWhere(func(m *dto.Metric) bool { return m.GetCounter().GetValue() > 0 })
}

func (s *scene) seriesWhere(is func(*dto.Metric) bool) (all []string) {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if is(m) {
				all = append(all, strings.TrimSpace(f.GetName()+" "+labelsOf(m)))
			}
		}
	}
	return all
}

func TestExposition(t *testing.T) {
	play(t, func(s *scene) {
		before := s.series()
		s.wantText("start.prom")
		s.trouble()
		s.wantText("trouble.prom")
		if after := s.series(); !slices.Equal(before, after) {
			t.Errorf("the series have become others:\n%s\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
	})
}

func TestCutIsCounted(t *testing.T) {
	play(t, func(s *scene) {
		s.cut()
		if got := testutil.ToFloat64(s.dialer.Observer.(*collector).counters[count.Cuts]); got != 1 {
			t.Errorf("%v connections cut", got)
		}
		if got := s.cache.Stats().IamAuthenticationExpirations; got != 1 {
			t.Errorf("the server cut %d connections", got)
		}
	})
}

func TestLint(t *testing.T) {
	play(t, func(s *scene) {
		s.dial()
		problems, err := testutil.GatherAndLint(s.registry)
		if err != nil || len(problems) > 0 {
			t.Error(problems, err)
		}
	})
}

// What the library's errors and reasons may grow into does not become a label.
func TestLabelsAreBounded(t *testing.T) {
	for _, c := range []struct {
		event valetkey.Event
		want  string
	}{
		{valetkey.Event{Kind: valetkey.Failed, Err: errors.New("10.0.0.1 is gone")}, `valetkey_auth_total kind=connect result=other`},
		{valetkey.Event{Kind: valetkey.Failed, Age: 1, Err: &valetkey.Error{Reason: "new"}}, `valetkey_auth_total kind=refresh result=other`},
		{valetkey.Event{Kind: valetkey.Deferred, Reason: "new"}, `valetkey_reauth_deferred_total reason=other`},
		{valetkey.Event{Kind: valetkey.Replaced, Reason: "new"}, `valetkey_connections_replaced_total reason=other`},
		{valetkey.Event{Kind: valetkey.Replaced}, `valetkey_connections_replaced_total reason=failing`},
	} {
		play(t, func(s *scene) {
			before := s.series()
			s.dialer.Observer.Observe(c.event)
			if !slices.Equal(before, s.series()) {
				t.Errorf("%v has made a series", c.event)
			}
			if got := s.counted(); !slices.Contains(got, c.want) {
				t.Errorf("%v counted as %q", c.event, got)
			}
		})
	}
}

func labelsOf(m *dto.Metric) string {
	var all []string
	for _, l := range m.Label {
		if l.GetName() != "target" {
			all = append(all, l.GetName()+"="+l.GetValue())
		}
	}
	return strings.Join(all, " ")
}

type observerFunc func(valetkey.Event)

func (f observerFunc) Observe(e valetkey.Event) { f(e) }

func TestTheObserverThatWasThereIsToldToo(t *testing.T) {
	play(t, func(s *scene) {
		var seen []valetkey.EventKind
		d := &valetkey.Dialer{Source: s.dialer.Source, TLSConfig: s.dialer.TLSConfig, DialFunc: s.dialer.DialFunc}
		d.Observer = observerFunc(func(e valetkey.Event) { seen = append(seen, e.Kind) })
		s.registry.MustRegister(Observe(d, "users"))
		s.dialer = d
		s.dial()
		if !slices.Equal(seen, []valetkey.EventKind{valetkey.Dialed}) {
			t.Errorf("told %q", seen)
		}
		if got := s.counted(); len(got) != 2 {
			t.Errorf("counted %q", got)
		}
	})
}

// Two dialers of one name could not be told apart.
func TestTargetsAreDistinct(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, target := range []string{"orders", "users"} {
		if err := registry.Register(Observe(&valetkey.Dialer{}, target)); err != nil {
			t.Error(err)
		}
	}
	if err := registry.Register(Observe(&valetkey.Dialer{}, "orders")); err == nil {
		t.Error("two dialers of the same target have been registered")
	}
}
