package count

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/valetkey/valetkey"
)

func series() (all []string) {
	Series(func(c Counter, values ...string) { all = append(all, named(c, values)) })
	return all
}

func named(c Counter, values []string) string { return c.Help() + " " + strings.Join(values, " ") }

// Each series is there once, with a value for each label.
func TestSeries(t *testing.T) {
	Series(func(c Counter, values ...string) {
		if len(values) != len(c.Labels()) {
			t.Errorf("%s: values %q of the labels %q", c.Help(), values, c.Labels())
		}
	})
	all := series()
	slices.Sort(all)
	if once := slices.Compact(slices.Clone(all)); !slices.Equal(all, once) {
		t.Errorf("twice:\n%s", strings.Join(all, "\n"))
	}
}

// Whatever happens is counted in one of the series, also what the library's errors and reasons may grow into.
func TestEvent(t *testing.T) {
	failed := func(e *valetkey.Error) valetkey.Event { return valetkey.Event{Kind: valetkey.Failed, Err: e} }
	for _, c := range []struct {
		event valetkey.Event
		want  []string
	}{
		{valetkey.Event{Kind: valetkey.Dialed}, []string{named(Dials, []string{"ok"}), named(Auths, []string{"connect", "ok"})}},
		{valetkey.Event{Kind: valetkey.Renewed, Age: 1}, []string{named(Auths, []string{"refresh", "ok"})}},
		{valetkey.Event{Kind: valetkey.Deferred, Reason: "busy"}, []string{named(Deferred, []string{"busy"})}},
		{valetkey.Event{Kind: valetkey.Deferred, Reason: "new"}, []string{named(Deferred, []string{"other"})}},
		{valetkey.Event{Kind: valetkey.Replaced}, []string{named(Replaced, []string{"failing"})}},
		{valetkey.Event{Kind: valetkey.Replaced, Reason: "new"}, []string{named(Replaced, []string{"other"})}},
		{valetkey.Event{Kind: valetkey.Cut}, []string{named(Cuts, nil)}},
		{failed(&valetkey.Error{Op: "dial", Reason: valetkey.ConnectionLost}), []string{named(Dials, []string{"connection_lost"})}},
		{failed(&valetkey.Error{Op: "auth", Reason: valetkey.Refused}), []string{named(Dials, []string{"refused"}), named(Auths, []string{"connect", "refused"})}},
		{failed(&valetkey.Error{Reason: "new"}), []string{named(Dials, []string{"other"}), named(Auths, []string{"connect", "other"})}},
		{valetkey.Event{Kind: valetkey.Failed, Age: 1, Err: errors.New("10.0.0.1 is gone")}, []string{named(Auths, []string{"refresh", "other"})}},
		{valetkey.Event{Kind: "new"}, nil},
	} {
		var got []string
		Event(c.event, func(c Counter, values ...string) { got = append(got, named(c, values)) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%v is counted as %q, want %q", c.event, got, c.want)
		}
		for _, s := range got {
			if !slices.Contains(series(), s) {
				t.Errorf("%v has made the series %q", c.event, s)
			}
		}
	}
}

// The reasons are those that the library gives. It does not export them, so they are read off its source.
func TestReasonsAreTheLibrarys(t *testing.T) {
	source, err := os.ReadFile("../../../internal/session/machine.go")
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
