package valetkeyprom

import (
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
)

// The page lists the metrics as they are registered: name, kind, labels and help.
func TestPageListsTheMetrics(t *testing.T) {
	play(t, func(s *scene) {
		var want, got []string
		for _, row := range page(t) {
			if len(row) == 5 {
				want = append(want, strings.Join([]string{row[0], row[2], row[3], row[4]}, "|"))
			}
		}
		families, err := s.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			got = append(got, strings.Join([]string{f.GetName(), strings.ToLower(f.GetType().String()),
				strings.Join(labelNames(f.Metric[0]), " "), f.GetHelp()}, "|"))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("the page has\n%s\nregistered are\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	})
}

func labelNames(m *dto.Metric) (all []string) {
	for _, l := range m.Label {
		if l.GetName() != "target" {
			all = append(all, l.GetName())
		}
	}
	return all
}

// The page lists every value of every label.
func TestPageListsTheLabels(t *testing.T) {
	play(t, func(s *scene) {
		var want, got []string
		for _, row := range page(t) {
			if len(row) == 3 {
				want = append(want, row[0]+"="+row[1])
			}
		}
		for _, series := range s.series() {
			got = append(got, strings.Fields(series)[1:]...)
		}
		slices.Sort(want)
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(want, got) {
			t.Errorf("the page has\n%q\nexposed are\n%q", want, got)
		}
	})
}
