package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/verify"
)

const generated = "<!-- Generated from the program: go test ./cmd/valetkey -run Reference -update -->\n\n"

// TestReferenceOfCommands keeps docs/reference/cli.md equal to the help of every command.
func TestReferenceOfCommands(t *testing.T) {
	var page strings.Builder
	page.WriteString(generated + "# Commands\n")
	for _, name := range append([]string{""}, commandNames()...) {
		fmt.Fprintf(&page, "\n## valetkey %s\n", name)
		fmt.Fprintf(&page, "\n```text\n%s```\n", help(t, name))
	}
	golden(t, "docs/reference/cli.md", strings.ReplaceAll(page.String(), "## valetkey \n", "## valetkey\n"))
}

func commandNames() []string {
	var names []string
	for _, c := range (&app{}).commands() {
		names = append(names, c.Name())
		for _, sub := range c.Commands() {
			names = append(names, c.Name()+" "+sub.Name())
		}
	}
	return names
}

func help(t *testing.T, name string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append(strings.Fields(name), "--help"), strings.NewReader(""), &stdout, &stderr, nil); code != exitDone {
		t.Fatalf("valetkey %s --help: exit code %d: %s", name, code, &stderr)
	}
	return stdout.String()
}

// TestReferenceOfRefusals keeps docs/reference/refusals.md equal to what the verifier can say.
func TestReferenceOfRefusals(t *testing.T) {
	var page strings.Builder
	page.WriteString(generated + `# Why a token is refused

A cache answers all of these alike: WRONGPASS. The emulator's log and valetkey inspect name the reason, in this order of
checks; the first that fails counts.

| reason | what to do |
|---|---|
`)
	for _, r := range verify.Reasons() {
		if r.Hint() == "" {
			t.Errorf("%s has no hint", r)
		}
		fmt.Fprintf(&page, "| %s | %s |\n", r, strings.ReplaceAll(r.Hint(), "|", `\|`))
	}
	golden(t, "docs/reference/refusals.md", page.String())
}
