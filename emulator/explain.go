package emulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/valetkey/valetkey/emulator/controlplane"
)

// explain is what policies say to one request and why, as IAM's policy simulator tells it: with an explicit deny only the
// statements that deny are named (documented), and missing are the condition keys of all statements about the action and resource.
func explain(policies []Policy, r request) controlplane.Decision {
	d := decide(policies, r)
	answer := controlplane.Decision{Allowed: d.allowed, Denied: d.denied}
	missing := map[string]bool{}
	for i, p := range policies {
		for j, s := range p.statements {
			if !s.about(r) {
				continue
			}
			s.missing(r.context, missing)
			if s.holds(r.context) && (s.Effect == "Deny") == d.denied {
				answer.Statements = append(answer.Statements, fmt.Sprintf("policy %d, %s", i+1, named(s.Sid, j)))
			}
		}
	}
	answer.Missing = slices.Sorted(maps.Keys(missing))
	return answer
}

// missing notes the condition keys that the circumstances have not.
func (s statement) missing(context map[string]string, into map[string]bool) {
	for _, keys := range s.Condition {
		for key := range keys {
			if _, ok := context[strings.ToLower(key)]; !ok {
				into[key] = true
			}
		}
	}
}
