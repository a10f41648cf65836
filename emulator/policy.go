package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Policy is an IAM policy document in AWS's own JSON, as it would be attached to a user or a role. The zero value allows
// nothing. It is safe for concurrent use, because it does not change.
//
// The form and the evaluation are documented in the IAM User Guide: what no statement allows is denied, and what one
// statement denies no other can allow. Policy variables, set operators (ForAnyValue:, ForAllValues:) and the operators for
// binary values and ARNs are not supported, and refused when the policy is read: no statement is silently left out.
type Policy struct{ statements []statement }

// statement is one of a policy's, checked when it was read.
type statement struct {
	Sid         string
	Effect      string
	Action      texts
	NotAction   texts
	Resource    texts
	NotResource texts
	Condition   map[string]map[string]texts
}

// ParsePolicy reads a policy document. The error names the statement and what is wrong with it.
func ParsePolicy(document []byte) (Policy, error) {
	var p Policy
	return p, p.UnmarshalJSON(document)
}

// UnmarshalJSON reads a policy document; unknown elements are errors.
func (p *Policy) UnmarshalJSON(document []byte) error {
	var raw struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := strict(document, &raw); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if raw.Version != "" && raw.Version != "2012-10-17" && raw.Version != "2008-10-17" {
		return fmt.Errorf("policy: version %q: want 2012-10-17", raw.Version)
	}
	if one := bytes.TrimSpace(raw.Statement); len(one) > 0 && one[0] == '{' { // a single statement needs no list
		raw.Statement = append(append([]byte{'['}, one...), ']')
	}
	p.statements = nil
	if err := strict(raw.Statement, &p.statements); err != nil {
		return fmt.Errorf("policy: Statement: %w", err)
	}
	for i, s := range p.statements {
		if err := s.validate(); err != nil {
			return fmt.Errorf("policy: statement %d %q: %w", i+1, s.Sid, err)
		}
	}
	return nil
}

// strict reads one JSON value that has no unknown fields, and nothing after it.
func strict(document []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the end of the JSON value")
	}
	return nil
}

// texts is a JSON string or a list of them; numbers and truth values count as their text, as in IAM.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var many []any
	if json.Unmarshal(data, &many) != nil {
		var one any
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
		many = []any{one}
	}
	*t = nil
	for _, v := range many {
		switch v.(type) {
		case string, float64, bool:
			*t = append(*t, fmt.Sprint(v))
		default:
			return fmt.Errorf("%v is no string", v)
		}
	}
	return nil
}

func (s statement) validate() error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return fmt.Errorf("effect %q: want Allow or Deny", s.Effect)
	case (len(s.Action) > 0) == (len(s.NotAction) > 0):
		return errors.New("want either Action or NotAction")
	case (len(s.Resource) > 0) == (len(s.NotResource) > 0):
		return errors.New("want either Resource or NotResource")
	}
	for _, list := range []texts{s.Action, s.NotAction, s.Resource, s.NotResource} {
		if strings.Contains(strings.Join(list, " "), "${") {
			return errors.New("policy variables (${…}) are not supported")
		}
	}
	for operator, keys := range s.Condition {
		if err := validateCondition(operator, keys); err != nil {
			return err
		}
	}
	return nil
}

// request is what a policy is asked: may this be done to that, under these circumstances.
type request struct {
	action, resource string
	context          map[string]string // by condition key, in lower case; what AWS does not supply is absent
}

// A decision is what policies say to one request.
type decision struct {
	allowed bool
	denied  bool   // explicitly
	by      string // the statement that denied
}

// decide evaluates policies: an explicit deny wins over everything, and without an allow it is no. Documented.
func decide(policies []Policy, r request) (d decision) {
	for _, p := range policies {
		for i, s := range p.statements {
			switch {
			case !s.matches(r):
			case s.Effect == "Allow":
				d.allowed = true
			default:
				return decision{denied: true, by: named(s.Sid, i)}
			}
		}
	}
	return d
}

func named(sid string, index int) string {
	if sid != "" {
		return fmt.Sprintf("statement %q", sid)
	}
	return fmt.Sprintf("statement %d", index+1)
}

// matches reports whether the statement is about the request, and its conditions hold.
func (s statement) matches(r request) bool { return s.about(r) && s.holds(r.context) }

// about reports whether the statement is about the request's action and resource.
func (s statement) about(r request) bool {
	for _, c := range []struct {
		is, not texts
		value   string
		fold    bool // actions have no case
	}{{s.Action, s.NotAction, r.action, true}, {s.Resource, s.NotResource, r.resource, false}} {
		if len(c.is) > 0 && !anyLike(c.is, c.value, c.fold) || len(c.not) > 0 && anyLike(c.not, c.value, c.fold) {
			return false
		}
	}
	return true
}

// holds reports whether all conditions of the statement do.
func (s statement) holds(context map[string]string) bool {
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if !conditionHolds(operator, values, context, key) {
				return false
			}
		}
	}
	return true
}

func anyLike(patterns []string, value string, fold bool) bool {
	for _, p := range patterns {
		if fold {
			p, value = strings.ToLower(p), strings.ToLower(value)
		}
		if like(p, value) {
			return true
		}
	}
	return false
}

// like matches value against a pattern in which * stands for any text and ? for any one character. It takes time in
// proportion to the product of their lengths.
func like(pattern, value string) bool {
	star, mark := -1, 0
	p, v := 0, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p, v = p+1, v+1
		case star >= 0: // let the last star take one more
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
