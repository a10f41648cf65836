package verify_test

import (
	"errors"
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/valetkey/valetkey/verify"
)

// Every constant is in Reasons, in the order of the source, with a hint of its own and a comment that says how well it is known.
func TestReasonsAreComplete(t *testing.T) {
	known := regexp.MustCompile(`\b([Dd]ocumented|[Mm]easured|[Aa]ssumed)\b`)
	var declared []verify.Reason
	for _, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Reason" {
				s, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				declared = append(declared, verify.Reason(s))
				if !known.MatchString(v.Doc.Text()) {
					t.Errorf("%s: its comment does not say how well it is known", v.Names[0])
				}
			}
			return true
		})
	}
	if !slices.Equal(declared, verify.Reasons()) {
		t.Errorf("declared %q, Reasons has %q", declared, verify.Reasons())
	}
}

func TestHints(t *testing.T) {
	seen := map[string]verify.Reason{}
	for _, r := range verify.Reasons() {
		if r.Hint() == "" || seen[r.Hint()] != "" {
			t.Errorf("%q has the hint %q, as has %q", r, r.Hint(), seen[r.Hint()])
		}
		seen[r.Hint()] = r
	}
	if hint := verify.Reason("other").Hint(); hint != "" {
		t.Errorf("got %q", hint)
	}
}

func TestRefusal(t *testing.T) {
	var err error = &verify.Refusal{Reason: verify.Expired, Detail: "an hour ago"}
	if !errors.Is(err, verify.Expired) || errors.Is(err, verify.WrongName) || errors.Is(err, errors.New("expired")) {
		t.Error("errors.Is goes by the reason")
	}
	if got := err.Error(); got != "token refused: expired: an hour ago" {
		t.Errorf("got %q", got)
	}
	if got := (&verify.Refusal{Reason: verify.Expired}).Error(); got != "token refused: expired" {
		t.Errorf("got %q", got)
	}
}
