package main

import (
	"fmt"
	"maps"
	"slices"
)

// modules holds the root module to two dependencies and every go.mod to no replace: go install refuses
// a module that has one, and go.work resolves the modules of a clone.
func modules(t tree) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(t.mods)) {
		for _, r := range t.mods[name].Replace {
			found = append(found, fmt.Sprintf("%s:%d: replace %s: run make tidy", name, r.Syntax.Start.Line, r.Old.Path))
		}
	}
	root := t.mods["go.mod"]
	if root == nil {
		return append(found, "go.mod: there is none")
	}
	for _, r := range root.Require {
		if !r.Indirect && !under(r.Mod.Path, "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go") {
			found = append(found, fmt.Sprintf("go.mod:%d: requires %s: the root depends on the AWS SDK core and smithy, nothing else", r.Syntax.Start.Line, r.Mod.Path))
		}
	}
	return found
}
