package main

import (
	"fmt"
	"go/ast"
	"slices"
)

const (
	maxFile     = 450
	maxFunc     = 75
	medianFunc  = 9
	p90Func     = 30
	fewestFuncs = 50 // below this a median says nothing
)

func fileSizes(t tree) []string {
	var found []string
	for _, f := range t.files {
		if f.lines > maxFile {
			found = append(found, fmt.Sprintf("%s: %d lines, the budget is %d: give each noun a file of its own", f.path, f.lines, maxFile))
		}
	}
	return found
}

func functionSizes(t tree) []string {
	var found []string
	eachFunc(t, func(f source, fn *ast.FuncDecl, lines int) {
		if lines > maxFunc {
			found = append(found, fmt.Sprintf("%s: func %s has %d lines, the budget is %d", t.fset.Position(fn.Pos()), fn.Name.Name, lines, maxFunc))
		}
	})
	return found
}

// functionSpread holds the median and the 90th percentile of the functions that are no tests.
func functionSpread(t tree) []string {
	sizes := functionLines(t)
	if len(sizes) < fewestFuncs {
		return nil
	}
	median, p90 := quantile(sizes, 50), quantile(sizes, 90)
	if median > medianFunc || p90 > p90Func {
		return []string{fmt.Sprintf("functions: median %d and 90th percentile %d lines, the budget is %d and %d", median, p90, medianFunc, p90Func)}
	}
	return nil
}

// measure describes the functions of the tree in a few words.
func measure(t tree) string {
	sizes := functionLines(t)
	if len(sizes) == 0 {
		return "no functions"
	}
	return fmt.Sprintf("%d functions (median %d, p90 %d, longest %d lines)", len(sizes), quantile(sizes, 50), quantile(sizes, 90), sizes[len(sizes)-1])
}

func functionLines(t tree) []int {
	var sizes []int
	eachFunc(t, func(f source, _ *ast.FuncDecl, lines int) {
		if !f.test() {
			sizes = append(sizes, lines)
		}
	})
	slices.Sort(sizes)
	return sizes
}

func quantile(sorted []int, percent int) int { return sorted[(len(sorted)-1)*percent/100] }

func eachFunc(t tree, visit func(f source, fn *ast.FuncDecl, lines int)) {
	for _, f := range t.files {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				visit(f, fn, t.fset.Position(fn.End()).Line-t.fset.Position(fn.Pos()).Line+1)
			}
		}
	}
}
