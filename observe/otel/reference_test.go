package valetkeyotel

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
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

// The page lists the metrics as they are collected, and every value of every attribute.
func TestPageListsTheMetrics(t *testing.T) {
	play(t, func(s *scene) {
		want, got := []string{"target=orders"}, []string(nil)
		for _, row := range page(t) {
			if len(row) == 5 {
				want = append(want, row[1]+" "+row[2]+": "+row[4])
			} else {
				want = append(want, row[0]+"="+row[1])
			}
		}
		for _, m := range s.metrics() {
			got = append(got, m.Name+" "+kindOf(m.Data)+": "+m.Description)
		}
		for _, m := range regexp.MustCompile(`(\w+=[^ }]+)`).FindAllStringSubmatch(strings.Join(s.collect(), "\n"), -1) {
			got = append(got, m[1])
		}
		slices.Sort(want)
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(want, got) {
			t.Errorf("the page has\n%s\ncollected are\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
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
