package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// modulePath is the import path of the directory that the check starts in.
const modulePath = "github.com/valetkey/valetkey"

// A tree is every Go file and go.mod of the project, with slash-separated paths from its root.
type tree struct {
	fset  *token.FileSet
	files []source
	mods  map[string]*modfile.File
}

type source struct {
	path  string
	lines int
	ast   *ast.File
}

func readTree(root string) (tree, error) {
	t := tree{fset: token.NewFileSet(), mods: map[string]*modfile.File{}}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipHidden(root, name, d)
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return t.add(name, filepath.ToSlash(rel))
	})
	if err == nil && len(t.files) == 0 {
		err = errors.New("no Go files in " + root)
	}
	return t, err
}

func skipHidden(root, name string, d fs.DirEntry) error {
	base := d.Name()
	hidden := strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
	if name != root && (hidden || base == "testdata" || base == "vendor" || base == "bin") {
		return fs.SkipDir
	}
	return nil
}

func (t *tree) add(name, rel string) error {
	isMod, isGo := path.Base(rel) == "go.mod", strings.HasSuffix(rel, ".go")
	if !isMod && !isGo {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if isMod {
		t.mods[rel], err = modfile.Parse(rel, data, nil)
		return err
	}
	file, err := parser.ParseFile(t.fset, rel, data, parser.ParseComments|parser.SkipObjectResolution)
	t.files = append(t.files, source{path: rel, lines: strings.Count(string(data), "\n"), ast: file})
	return err
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) test() bool   { return strings.HasSuffix(s.path, "_test.go") }
func (s source) base() string { return path.Base(s.path) }

// imports lists the import paths of a file.
func (s source) imports() []string {
	var all []string
	for _, spec := range s.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has accepted it
		all = append(all, p)
	}
	return all
}

// under reports whether dir is one of the directories, or below one.
func under(dir string, tops ...string) bool {
	for _, top := range tops {
		if dir == top || strings.HasPrefix(dir, top+"/") {
			return true
		}
	}
	return false
}

// public reports whether other people import the package: not a program, not internal, not a test.
func (s source) public() bool {
	return !s.test() && s.ast.Name.Name != "main" &&
		!strings.Contains("/"+s.dir()+"/", "/internal/") && !under(s.dir(), "test", "examples", "tools", "docs")
}
