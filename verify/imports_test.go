package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "github.com/valetkey/valetkey"

// The verifier stands apart from every signer: it imports the standard library and, for Target alone, the root package.
// (The root package itself imports the AWS SDK's signer, so go list -deps does name it.)
func TestStandsApartFromTheSigner(t *testing.T) {
	for _, f := range sources(t) {
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if first, _, _ := strings.Cut(path, "/"); path != root && strings.Contains(first, ".") {
				t.Errorf("imports %s", path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "valetkey" && !slices.Contains([]string{"Target", "Service", "ElastiCache", "MemoryDB"}, s.Sel.Name) {
				t.Errorf("uses valetkey.%s", s.Sel.Name)
			}
			return true
		})
	}
}

// sources are the parsed files of the package, without its tests.
func sources(t *testing.T) (files []*ast.File) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		t.Fatal("no sources found")
	}
	return files
}
