package main

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// A run that is not clean must fail, whichever way.
func TestVerdict(t *testing.T) {
	clean := func() result {
		return result{
			report:      report{Commands: enoughCommands, Messages: enoughMessages, Rounds: 1},
			connections: 1, renewals: enoughRenewals, counted: enoughRenewals,
		}
	}
	if err := verdict([]result{clean()}); err != nil {
		t.Errorf("a clean run: %v", err)
	}
	for name, spoil := range map[string]func(*result){
		"error":            func(r *result) { r.Errors = 1 },
		"lost":             func(r *result) { r.Lost = 1 },
		"doubled":          func(r *result) { r.Doubled = 1 },
		"cut":              func(r *result) { r.cuts = 1 },
		"replaced":         func(r *result) { r.ended = 1 },
		"refused":          func(r *result) { r.refusals = 1 },
		"few renewals":     func(r *result) { r.renewals-- },
		"few in the proxy": func(r *result) { r.counted-- },
		"few commands":     func(r *result) { r.Commands-- },
		"few messages":     func(r *result) { r.Messages-- },
		"failed":           func(r *result) { r.err = errors.New("exit status 1") },
	} {
		spoilt := clean()
		if spoil(&spoilt); verdict([]result{clean(), spoilt}) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The page has a row for every run, in their order, and none of them has trouble.
func TestPageHasEveryRun(t *testing.T) {
	page, err := os.ReadFile("../../../docs/reference/languages.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, " | "); len(cells) == 10 && strings.Contains(line, " | 0 | 0 | 0 | ") {
			rows = append(rows, strings.TrimPrefix(cells[0], "| ")+"/"+cells[2])
		}
	}
	var want []string
	for _, r := range runs() {
		want = append(want, r.String())
	}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("docs/reference/languages.md is not of these runs: write it with make languages; it has %q", rows)
	}
}
