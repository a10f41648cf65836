package signers

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/verify"
)

// A sample is a good token and what is to be refused beside it.
type sample struct {
	signer string
	credentials
	token   string
	mutants []mutant
}

// A mutant is a token that must be refused.
type mutant struct {
	what, token string
	reason      verify.Reason
}

const wrongPass = "-WRONGPASS invalid username-password pair or user is disabled."

// check sends everything on one connection: first what is to be refused, then the token itself.
func (s sample) check(t *testing.T, to *cache) {
	t.Helper()
	what := s.signer + " with " + s.name + " credentials to " + to.name
	conn := to.dial(t)
	defer conn.Close()
	mutants := append(s.mutants, tampered(s.token)...)
	refused := 0
	for _, m := range mutants {
		reply := conn.ask(t, "AUTH", cacheUser, m.token)
		if reason := to.whyRefused(conn.LocalAddr()); reply == wrongPass && reason == m.reason {
			refused++
		} else {
			t.Errorf("%s, %s: answered %q, refused for %q, want %q for %q", what, m.what, reply, reason, wrongPass, m.reason)
		}
	}
	if reply := conn.ask(t, "PING"); !strings.HasPrefix(reply, "-NOAUTH") {
		t.Errorf("%s: PING is answered %q after nothing but refusals", what, reply)
	}
	if reply := conn.ask(t, "AUTH", cacheUser, s.token); reply != "+OK" {
		t.Fatalf("%s: answered %q, refused for %q", what, reply, to.whyRefused(conn.LocalAddr()))
	}
	if reply := conn.ask(t, "PING"); reply != "+PONG" {
		t.Errorf("%s: PING is answered %q", what, reply)
	}
	t.Logf("%s: accepted; %d of %d mutants refused, each for its reason", what, refused, len(mutants))
}

// tampered is the token with one change each that its signer knew nothing of.
func tampered(token string) []mutant {
	p := parametersOf(token)
	mutants := []mutant{
		{"another name", strings.Replace(token, cacheName, "billing", 1), verify.WrongName},
		{"upper-case name", strings.Replace(token, cacheName, strings.ToUpper(cacheName), 1), verify.NameCase},
		{"no slash", strings.Replace(token, "/?", "?", 1), verify.WrongPath},
		{"scheme left in", "https://" + token, verify.HasScheme},
		{"another user", p.with("User", "admin"), verify.WrongUser},
		{"another action", p.with("Action", "delete"), verify.WrongAction},
		{"another region", p.with("X-Amz-Credential", strings.Replace(p.get("X-Amz-Credential"), region, "us-east-1", 1)), verify.WrongRegion},
		{"another second", p.with("X-Amz-Date", p.otherSecond()), verify.SignatureMismatch},
		{"another day", p.with("X-Amz-Date", p.otherDay()), verify.WrongScopeDate},
		{"another life", p.with("X-Amz-Expires", p.otherLife()), verify.SignatureMismatch},
		{"too long a life", p.with("X-Amz-Expires", "901"), verify.ExpiresOutOfRange},
		{"another key", p.with("X-Amz-Credential", "AKIAEXAMPLE"+p.get("X-Amz-Credential")), verify.UnknownKey},
		{"added parameter", token + "&x-id=1", verify.UnknownParameter},
	}
	for i := range 64 {
		mutants = append(mutants, mutant{"signature's digit " + strconv.Itoa(i), p.with("X-Amz-Signature", flipped(p.get("X-Amz-Signature"), i)),
			verify.SignatureMismatch})
	}
	mutants = append(mutants, sessionMutants(p)...)
	for i, name := range p.names {
		mutants = append(mutants,
			mutant{"without " + name, p.without(i), missing(name)},
			mutant{"twice " + name, p.twice(i), verify.DuplicateParameter})
	}
	return mutants
}

func sessionMutants(p parameters) []mutant {
	const name = "X-Amz-Security-Token"
	if p.get(name) == "" {
		return []mutant{{"added session token", p.text() + "&" + name + "=x", verify.SessionTokenUnexpected}}
	}
	return []mutant{{"another session token", p.with(name, "x"+p.get(name)), verify.SessionTokenWrong}}
}

// missing is the reason for a token without the parameter.
func missing(name string) verify.Reason {
	switch name {
	case "ResourceType":
		return verify.ResourceTypeMissing
	case "X-Amz-Security-Token":
		return verify.SessionTokenMissing
	}
	return verify.MissingParameter
}

// flipped changes one hexadecimal digit.
func flipped(signature string, i int) string {
	b := []byte(signature)
	b[i] = map[bool]byte{true: '1', false: '0'}[b[i] == '0']
	return string(b)
}

// parameters are a token's, as they stand on the wire and in that order.
type parameters struct {
	host          string
	names, values []string
}

func parametersOf(token string) parameters {
	host, query, _ := strings.Cut(token, "?")
	p := parameters{host: host}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		p.names, p.values = append(p.names, name), append(p.values, value)
	}
	return p
}

func (p parameters) text() string {
	var pairs []string
	for i, name := range p.names {
		pairs = append(pairs, name+"="+p.values[i])
	}
	return p.host + "?" + strings.Join(pairs, "&")
}

func (p parameters) get(name string) string {
	if i := slices.Index(p.names, name); i >= 0 {
		return p.values[i]
	}
	return ""
}

func (p parameters) with(name, value string) string {
	p.values = slices.Clone(p.values)
	if i := slices.Index(p.names, name); i >= 0 {
		p.values[i] = value
	}
	return p.text()
}

func (p parameters) without(i int) string {
	p.names, p.values = slices.Delete(slices.Clone(p.names), i, i+1), slices.Delete(slices.Clone(p.values), i, i+1)
	return p.text()
}

func (p parameters) twice(i int) string { return p.text() + "&" + p.names[i] + "=" + p.values[i] }

const dateForm = "20060102T150405Z"

// otherSecond is a second on the same day. The signer's clock is this machine's, so it is not in the future that the cache minds.
func (p parameters) otherSecond() string {
	date, _ := time.Parse(dateForm, p.get("X-Amz-Date"))
	if other := date.Add(-time.Second); other.Day() == date.Day() {
		return other.Format(dateForm)
	}
	return date.Add(time.Second).Format(dateForm)
}

func (p parameters) otherDay() string {
	date, _ := time.Parse(dateForm, p.get("X-Amz-Date"))
	return date.AddDate(0, 0, -1).Format(dateForm)
}

// otherLife is a second shorter. Some signers count from an instant of their own, and have 899 seconds already.
func (p parameters) otherLife() string {
	life, _ := strconv.Atoi(p.get("X-Amz-Expires"))
	return strconv.Itoa(life - 1)
}
