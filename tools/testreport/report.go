package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An event is one line of go test -json.
type event struct {
	Action, Package, Test, Output string
}

// A report is what a run of the tests did and did not do.
type report struct {
	passedTests, failedTests, failedPackages int
	skipped                                  []skip
}

type skip struct{ name, reason string }

func read(r io.Reader) (report, error) {
	var rep report
	output := map[string][]string{}
	for dec := json.NewDecoder(r); ; {
		var e event
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF):
			return rep, rep.plausible()
		case err != nil:
			return rep, err
		}
		rep.add(e, output)
	}
}

// add counts an event. Events without a test name are about a package: "skip" then means no test files.
func (r *report) add(e event, output map[string][]string) {
	name := e.Package + "." + e.Test
	switch {
	case e.Action == "output":
		output[name] = append(output[name], e.Output)
	case e.Action == "build-fail" || e.Action == "fail" && e.Test == "":
		r.failedPackages++
	case e.Action == "fail":
		r.failedTests++
	case e.Test == "":
	case e.Action == "pass":
		r.passedTests++
	case e.Action == "skip":
		r.skipped = append(r.skipped, skip{name, reason(output[name])})
	}
}

// plausible refuses a run in which nothing ran, which would otherwise read as success.
func (r report) plausible() error {
	if r.passedTests+r.failedTests+r.failedPackages+len(r.skipped) == 0 {
		return errors.New("no test ran")
	}
	return nil
}

// reason finds the first line that the test said; go test prints it between the RUN and SKIP lines.
func reason(lines []string) string {
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "=== ") && !strings.HasPrefix(l, "--- ") {
			return l
		}
	}
	return "no reason given"
}

func (r report) passed(strict bool) bool {
	return r.failedTests+r.failedPackages == 0 && (!strict || len(r.skipped) == 0)
}

func (r report) String() string {
	var b strings.Builder
	for _, s := range r.skipped {
		fmt.Fprintf(&b, "not run: %s: %s\n", s.name, s.reason)
	}
	fmt.Fprintf(&b, "tests: %d passed, %d failed, %d not run; %d packages failed\n", r.passedTests, r.failedTests, len(r.skipped), r.failedPackages)
	return b.String()
}
