package valetkeyprom

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
)

// page returns the cells of each row of docs/reference/metrics.md that starts with a name in code, five of a metric and three
// of a label's value.
func page(t *testing.T) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/reference/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cell, "`", ""))
		}
		rows = append(rows, cells)
	}
	return rows
}

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

// The reasons are those that the library gives. It does not export them, so they are read off its source.
func TestReasonsAreTheLibrarys(t *testing.T) {
	source, err := os.ReadFile("../../internal/session/machine.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\s\w+\s+Blocker = "(.+?)"`).FindAllStringSubmatch(string(source), -1) {
		want = append(want, m[1])
	}
	if got := reasons(); !slices.Equal(got, append(want, other)) {
		t.Errorf("reasons %q, the library's are %q", got, want)
	}
}
