package verify

import (
	"fmt"
	"strings"
)

// MaxSize is the longest token, in bytes, that is looked at: the most that Valkey and Redis OSS take as
// one argument before authentication (measured on the stock engines; no limit of AWS's own is documented).
const MaxSize = 16384

// maxParams bounds the work for a hostile token; a good one has at most ten.
const maxParams = 32

// A token is the parsed form of what was sent as the password.
type token struct {
	name   string // what stands where the cache's name belongs
	params []param
}

// parse takes a token apart and goes on after a problem as far as it can, for Inspect; the problems are in the order of the checks.
func parse(s string) (token, []*Refusal) {
	if len(s) > MaxSize {
		return token{}, []*Refusal{refuse(TooLong, "got %d bytes, want at most %d", len(s), MaxSize)}
	}
	var t token
	s, problems := cutScheme(s)
	query, more := t.cutName(s)
	problems = append(problems, more...)
	problems = append(problems, t.split(query)...)
	for _, check := range []func() []*Refusal{t.encoding, t.duplicates, t.missing, t.unknown} {
		problems = append(problems, check()...)
	}
	return t, problems
}

// cutScheme drops a scheme before the query.
func cutScheme(s string) (string, []*Refusal) {
	before, _, _ := strings.Cut(s, "?")
	_, _, found := strings.Cut(before, "://")
	if !found {
		return s, nil
	}
	_, s, _ = strings.Cut(s, "://")
	return s, []*Refusal{refuse(HasScheme, "want the name first")}
}

// cutName takes NAME/? off the front and returns the query.
func (t *token) cutName(s string) (query string, problems []*Refusal) {
	before, query, found := strings.Cut(s, "?")
	if !found {
		problems = append(problems, refuse(Malformed, "there is no \"?\""))
		if strings.Contains(s, "=") { // the query alone
			return s, problems
		}
	}
	name, path, slash := strings.Cut(before, "/")
	t.name = name
	if found && (!slash || path != "") {
		problems = append(problems, refuse(WrongPath, "want \"/\" between the name and the \"?\""))
	}
	return query, problems
}

// split fills params from the query.
func (t *token) split(query string) (problems []*Refusal) {
	pairs := strings.SplitN(query, "&", maxParams+1)
	if len(pairs) > maxParams {
		problems = append(problems, refuse(Malformed, "more than %d parameters", maxParams))
		pairs = pairs[:maxParams]
	}
	t.params = make([]param, 0, len(pairs))
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			problems = append(problems, refuse(Malformed, "parameter %d is not name=value", i+1))
			continue
		}
		t.params = append(t.params, param{name, value})
	}
	return problems
}

// encoding checks every name and value; a broken escape comes before a merely unusual one.
func (t *token) encoding() (problems []*Refusal) {
	var unusual []*Refusal
	for i, p := range t.params {
		switch p.encodingFault() {
		case BadEncoding:
			problems = append(problems, refuse(BadEncoding, "in %s", t.label(i)))
		case NotCanonical:
			unusual = append(unusual, refuse(NotCanonical, "in %s", t.label(i)))
		}
	}
	return append(problems, unusual...)
}

func (t *token) duplicates() (problems []*Refusal) {
	for i, p := range t.params {
		if first := t.index(p.name); first < i {
			problems = append(problems, refuse(DuplicateParameter, "%s", t.label(i)))
		}
	}
	return problems
}

// missing reports all absent parameters at once.
func (t *token) missing() []*Refusal {
	var absent []string
	for _, name := range required() {
		if !t.has(name) {
			absent = append(absent, name)
		}
	}
	if absent == nil {
		return nil
	}
	detail := strings.Join(absent, ", ")
	if !t.has(pSignature) {
		detail += " (the token is not signed)"
	}
	return []*Refusal{{Reason: MissingParameter, Detail: detail}}
}

func (t *token) unknown() (problems []*Refusal) {
	for i, p := range t.params {
		if !known(p.name) {
			problems = append(problems, refuse(UnknownParameter, "%s", t.label(i)))
		}
	}
	return problems
}

// label names parameter i in a text: its name where that can hold no secret, else its place.
func (t *token) label(i int) string {
	name := t.params[i].name
	if known(name) {
		return name
	}
	if len(name) <= 40 && encodingFault(name) == "" {
		return t.quote(name)
	}
	return fmt.Sprintf("parameter %d", i+1)
}
