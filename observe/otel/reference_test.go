package valetkeyotel

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

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
