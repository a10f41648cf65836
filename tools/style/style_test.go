package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodMod = "module github.com/valetkey/valetkey\n\ngo 1.26\n\nrequire github.com/aws/aws-sdk-go-v2 v1.0.0\n"

// clean is a tree without a breach; each case below breaks it in one place.
func clean() map[string]string {
	return map[string]string{
		"go.mod":                  goodMod,
		"doc.go":                  "// Package valetkey is documented.\npackage valetkey\n",
		"example_test.go":         "package valetkey_test\n\nfunc Example() {}\n",
		"internal/resp/resp.go":   "package resp\n",
		"cmd/valetkey/main.go":    "package main\n\nimport _ \"github.com/spf13/cobra\"\n\nfunc main() {}\n",
		"clock_test.go":           "package valetkey\n\nimport (\n\t_ \"testing/synctest\"\n\t\"time\"\n)\n\nfunc f() { time.Sleep(1) }\n",
		"verify/verify.go":        "// Package verify is documented.\npackage verify\n\nimport \"github.com/valetkey/valetkey\"\n\nvar _ valetkey.Target\n",
		"verify/example_test.go":  "package verify\n\nfunc ExampleVerifier() {}\n",
		"testdata/ignored/bad.go": "package util\n",
	}
}

func TestEachRuleFires(t *testing.T) {
	tests := map[string]struct {
		file, content, want string
	}{
		"long file":              {"long.go", "package valetkey\n" + strings.Repeat("// x\n", 450), "451 lines, the budget is 450"},
		"long function":          {"long.go", "package valetkey\n\nfunc f() {\n" + strings.Repeat("\t_ = 1\n", 75) + "}\n", "func f has 77 lines"},
		"long function in test":  {"long_test.go", "package valetkey\n\nfunc f() {\n" + strings.Repeat("\t_ = 1\n", 75) + "}\n", "func f has 77 lines"},
		"median of functions":    {"many.go", "package valetkey\n" + strings.Repeat("\nfunc f() {\n"+strings.Repeat("\t_ = 1\n", 8)+"}\n", 60), "functions: median 10"},
		"drawer package":         {"util/x.go", "package util\n", "package util: name it"},
		"drawer file":            {"helpers_test.go", "package valetkey\n", "name the file"},
		"sleep":                  {"x_test.go", "package valetkey\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n", "x_test.go:5:12: time.Sleep"},
		"init":                   {"x.go", "package valetkey\n\nfunc init() {}\n", "func init"},
		"root imports verify":    {"x.go", "package valetkey\n\nimport _ \"github.com/valetkey/valetkey/verify\"\n", "x.go: imports github.com/valetkey/valetkey/verify"},
		"verify imports resp":    {"verify/x.go", "package verify\n\nimport _ \"github.com/valetkey/valetkey/internal/resp\"\n", "verify/x.go: imports"},
		"verify signs":           {"verify/x.go", "package verify\n\nimport \"github.com/valetkey/valetkey\"\n\nvar _ valetkey.Signer\n", "uses valetkey.Signer"},
		"verify with SDK signer": {"verify/x.go", "package verify\n\nimport _ \"github.com/aws/aws-sdk-go-v2/aws/signer/v4\"\n", "recomputes signatures"},
		"resp imports session":   {"internal/resp/x.go", "package resp\n\nimport _ \"github.com/valetkey/valetkey/internal/session\"\n", "internal/resp/x.go: imports"},
		"proxy imports emulator": {"proxy/x.go", "// Package proxy.\npackage proxy\n\nimport _ \"github.com/valetkey/valetkey/emulator\"\n", "proxy/x.go: imports"},
		"library with cobra":     {"x.go", "package valetkey\n\nimport _ \"github.com/spf13/cobra\"\n", "only the command line"},
		"library with config":    {"x.go", "package valetkey\n\nimport _ \"github.com/aws/aws-sdk-go-v2/config\"\n", "only programs load"},
		"cgo":                    {"x.go", "package valetkey\n\nimport \"C\"\n", "cgo stays"},
		"replace":                {"glide/go.mod", "module g\n\nreplace a => ../\n", "glide/go.mod:3: replace a"},
		"root dependency":        {"go.mod", goodMod + "require github.com/x/y v1.0.0\n", "requires github.com/x/y"},
		"undocumented":           {"x.go", "package valetkey\n\ntype T struct{}\n", "exported T has no doc"},
		"undocumented method":    {"x.go", "package valetkey\n\n// T is.\ntype T struct{}\n\nfunc (*T) M() {}\n", "exported T.M has no doc"},
		"undocumented constant":  {"x.go", "package valetkey\n\nconst C = 1\n", "exported C has no doc"},
		"no example":             {"proxy/x.go", "// Package proxy.\npackage proxy\n", "proxy: a public package without an Example"},
		"no package comment":     {"proxy/x.go", "package proxy\n", "proxy: a public package without a package comment"},
		"too many exports":       {"x.go", "package valetkey\n\n// They are.\nconst (\n" + manyNames(31) + ")\n", "31 exported names"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := clean()
			files[tt.file] = tt.content
			got := strings.Join(check(plant(t, files)), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want a breach containing %q", got, tt.want)
			}
		})
	}
}

func TestCleanTreeHasNoBreach(t *testing.T) {
	if got := check(plant(t, clean())); len(got) > 0 {
		t.Errorf("breaches in a clean tree: %q", got)
	}
}

func TestEmptyTreeIsAnError(t *testing.T) {
	if _, err := readTree(t.TempDir()); err == nil {
		t.Error("a tree without Go files was accepted")
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("\tName" + string(rune('A'+i/26)) + string(rune('a'+i%26)) + " = 1\n")
	}
	return b.String()
}

func plant(t *testing.T, files map[string]string) tree {
	t.Helper()
	dir := t.TempDir()
	for name, content := range maps.All(files) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	planted, err := readTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	return planted
}
