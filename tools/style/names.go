package main

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// A drawer for everything has one of these names.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "types", "pkg", "misc"}

func names(t tree) []string {
	var found []string
	for _, f := range t.files {
		if slices.Contains(drawers, strings.TrimSuffix(f.ast.Name.Name, "_test")) {
			found = append(found, f.path+": package "+f.ast.Name.Name+": name it after what it holds")
		}
		stem := strings.TrimSuffix(strings.TrimSuffix(f.base(), ".go"), "_test")
		if slices.Contains(drawers, stem) {
			found = append(found, f.path+": name the file after what it holds")
		}
	}
	return found
}

// sleeps finds tests that wait by the wall clock. In a synctest bubble time.Sleep moves the fake clock,
// so files that import testing/synctest may call it.
func sleeps(t tree) []string {
	var found []string
	for _, f := range t.files {
		if !f.test() || slices.Contains(f.imports(), "testing/synctest") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && isSelector(sel, "time", "Sleep") {
				found = append(found, fmt.Sprintf("%s: time.Sleep in a test: wait for the event, or use testing/synctest", t.fset.Position(n.Pos())))
			}
			return true
		})
	}
	return found
}

func isSelector(sel *ast.SelectorExpr, pkg, name string) bool {
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg && sel.Sel.Name == name
}

func inits(t tree) []string {
	var found []string
	eachFunc(t, func(f source, fn *ast.FuncDecl, _ int) {
		if fn.Name.Name == "init" && fn.Recv == nil {
			found = append(found, fmt.Sprintf("%s: func init: start things where they are used", t.fset.Position(fn.Pos())))
		}
	})
	return found
}
