package main

import (
	"strings"
	"testing"
)

const (
	passed  = `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n"
	failed  = `{"Action":"fail","Package":"p","Test":"TestB"}` + "\n"
	skipped = `{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN   TestC\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:9: valkey-server is not on PATH\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"--- SKIP: TestC (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
`
	noTestFiles = `{"Action":"skip","Package":"q"}` + "\n"
)

func TestReport(t *testing.T) {
	tests := map[string]struct {
		events          string
		lenient, strict bool
		says            string
	}{
		"all passed":       {passed + noTestFiles, true, true, "tests: 1 passed, 0 failed, 0 not run"},
		"one failed":       {passed + failed, false, false, "1 failed, 0 not run; 0 packages failed"},
		"package failed":   {passed + `{"Action":"fail","Package":"p"}`, false, false, "0 failed, 0 not run; 1 packages failed"},
		"one skipped":      {passed + skipped, true, false, "not run: p.TestC: c_test.go:9: valkey-server is not on PATH"},
		"does not compile": {passed + `{"Action":"build-fail","ImportPath":"p"}`, false, false, "1 packages failed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := read(strings.NewReader(tt.events))
			if err != nil {
				t.Fatal(err)
			}
			if r.passed(false) != tt.lenient || r.passed(true) != tt.strict {
				t.Errorf("passed: lenient %v strict %v", r.passed(false), r.passed(true))
			}
			if !strings.Contains(r.String(), tt.says) {
				t.Errorf("%q does not say %q", r, tt.says)
			}
		})
	}
}

func TestNothingRunIsAnError(t *testing.T) {
	for _, events := range []string{"", noTestFiles, "not json"} {
		if _, err := read(strings.NewReader(events)); err == nil {
			t.Errorf("%q was accepted", events)
		}
	}
}
