package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

const maxExports = 30

// exports counts the top-level names of the root package.
func exports(t tree) []string {
	var all []string
	for _, f := range t.files {
		if f.dir() != "." || f.test() {
			continue
		}
		eachExport(f, func(name string, _ token.Pos, _, method bool) {
			if !method {
				all = append(all, name)
			}
		})
	}
	if len(all) > maxExports {
		return []string{fmt.Sprintf("root package: %d exported names, the budget is %d: %s", len(all), maxExports, strings.Join(all, " "))}
	}
	return nil
}

func documentation(t tree) []string {
	var found []string
	for _, f := range t.files {
		if f.test() || f.ast.Name.Name == "main" {
			continue
		}
		eachExport(f, func(name string, pos token.Pos, documented, _ bool) {
			if !documented {
				found = append(found, fmt.Sprintf("%s: exported %s has no doc comment", t.fset.Position(pos), name))
			}
		})
	}
	return found
}

// selfEvident are methods whose meaning another package has written down.
var selfEvident = []string{"Error", "String", "Unwrap", "Is", "Read", "Write", "Close", "LogValue", "Format", "GoString",
	"MarshalJSON", "MarshalText", "LocalAddr", "RemoteAddr", "SetDeadline", "SetReadDeadline", "SetWriteDeadline", "Len", "Less", "Swap"}

func eachExport(f source, visit func(name string, pos token.Pos, documented, method bool)) {
	for _, d := range f.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			exportedFunc(d, visit)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				exportedSpec(d, spec, visit)
			}
		}
	}
}

func exportedFunc(d *ast.FuncDecl, visit func(string, token.Pos, bool, bool)) {
	if !d.Name.IsExported() {
		return
	}
	if d.Recv == nil {
		visit(d.Name.Name, d.Pos(), d.Doc != nil, false)
		return
	}
	recv := receiver(d.Recv.List[0].Type)
	if ast.IsExported(recv) {
		visit(recv+"."+d.Name.Name, d.Pos(), d.Doc != nil || slices.Contains(selfEvident, d.Name.Name), true)
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func exportedSpec(d *ast.GenDecl, spec ast.Spec, visit func(string, token.Pos, bool, bool)) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() {
			visit(s.Name.Name, s.Pos(), s.Doc != nil || d.Doc != nil, false)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() {
				visit(name.Name, name.Pos(), s.Doc != nil || s.Comment != nil || d.Doc != nil, false)
			}
		}
	}
}

// examples asks for one Example in each package that other people import, and for a package comment.
func examples(t tree) []string {
	hasExample, hasComment, public := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, f := range t.files {
		if f.public() {
			public[f.dir()] = true
			hasComment[f.dir()] = hasComment[f.dir()] || f.ast.Doc != nil
		}
		if f.test() && declaresExample(f) {
			hasExample[f.dir()] = true
		}
	}
	var found []string
	for _, dir := range slices.Sorted(maps.Keys(public)) {
		if !hasExample[dir] {
			found = append(found, dir+": a public package without an Example")
		}
		if !hasComment[dir] {
			found = append(found, dir+": a public package without a package comment")
		}
	}
	return found
}

func declaresExample(f source) bool {
	return slices.ContainsFunc(f.ast.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Example")
	})
}
