package main

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// A rule says which of the project's own packages the packages under dir may import. The first rule that
// fits a file's directory counts. Tests are free: they are not imported by anybody.
type rule struct {
	dir  string
	only []string
}

func importRules() []rule {
	return []rule{
		{"internal/resp", nil},
		{"internal/endpoint", nil},
		{"internal/topology", []string{"internal/resp"}},
		{"internal/session", []string{"internal/resp", "internal/topology"}},
		{"internal/memnet", nil},
		{"internal/parked", nil},
		{"internal/frugal", nil},
		{"internal/needs", nil},
		{"internal/twin", nil},
		{"internal/seeded", nil},
		{"internal/valkeyserver", []string{"internal/resp"}},
		{"verify", []string{"."}},
		{"proxy", []string{".", "internal/session", "internal/topology", "internal/resp", "internal/parked"}},
		{"emulator", []string{".", "verify", "internal/resp", "internal/memnet", "internal/valkeyserver", "emulator"}},
		{"glide", []string{".", "glide"}},
		{"observe", []string{".", "observe/internal/count"}},
		{"examples", []string{".", "glide", "emulator", "proxy", "internal/needs", "examples"}},
		{"cmd", []string{".", "verify", "proxy", "emulator", "internal/valkeyserver", "internal/frugal", "cmd"}},
		{"test", []string{".", "verify", "proxy", "emulator", "glide", "internal", "test"}},
		{"tools", []string{"tools"}},
		{"docs", []string{"."}},
		{"", []string{"internal/session", "internal/topology", "internal/resp", "internal/endpoint", "internal/parked"}},
	}
}

func imports(t tree) []string {
	var found []string
	for _, f := range t.files {
		if f.test() {
			continue
		}
		r := ruleFor(f.dir())
		for _, imported := range f.imports() {
			if own, ok := ownPackage(imported); ok && !permitted(r, own) {
				found = append(found, fmt.Sprintf("%s: imports %s: arrows go cmd -> proxy, emulator, verify, root -> session -> resp", f.path, imported))
			}
			if why := foreign(f.dir(), imported); why != "" {
				found = append(found, fmt.Sprintf("%s: imports %s: %s", f.path, imported, why))
			}
		}
	}
	return found
}

func ruleFor(dir string) rule {
	rules := importRules()
	i := slices.IndexFunc(rules, func(r rule) bool { return r.dir == "" || under(dir, r.dir) })
	return rules[i]
}

// permitted compares the root package exactly and everything else with what lies below it.
func permitted(r rule, own string) bool {
	return slices.ContainsFunc(r.only, func(allowed string) bool {
		return own == allowed || allowed != "." && under(own, allowed)
	})
}

func ownPackage(imported string) (string, bool) {
	if imported == modulePath {
		return ".", true
	}
	return strings.CutPrefix(imported, modulePath+"/")
}

// foreign says why a package of somebody else must not be imported in dir.
func foreign(dir, imported string) string {
	switch {
	case under(imported, "github.com/spf13/cobra") && !under(dir, "cmd"):
		return "only the command line knows cobra"
	case under(imported, "github.com/aws/aws-sdk-go-v2/config") && !under(dir, "cmd", "examples", "test"):
		return "libraries take an aws.CredentialsProvider; only programs load AWS configuration"
	case under(imported, "github.com/aws/aws-sdk-go-v2/aws/signer") && under(dir, "verify", "emulator", "internal"):
		return "the verifier recomputes signatures by itself, so that a shared mistake cannot hide"
	case imported == "C" && !under(dir, "glide", "examples/glide", "test/e2e"):
		return "cgo stays with glide"
	}
	return ""
}

// verifyIsIndependent finds uses of the root's signer in verify, which may take only names from there.
func verifyIsIndependent(t tree) []string {
	var found []string
	for _, f := range t.files {
		if f.test() || !under(f.dir(), "verify") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			for _, name := range []string{"Signer", "NewSigner", "Dialer", "Reuse"} {
				if ok && isSelector(sel, "valetkey", name) {
					found = append(found, fmt.Sprintf("%s: verify uses valetkey.%s: signer and verifier must not share code", t.fset.Position(n.Pos()), name))
				}
			}
			return true
		})
	}
	return found
}
