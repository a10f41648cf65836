package verify_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/verify"
)

// A mutant is a good token with one change and the reasons it may be refused for.
type mutant struct {
	token   string
	reasons []verify.Reason
}

func mutated(token string, reasons ...verify.Reason) mutant { return mutant{token, reasons} }

// A mutation makes a mutant of the good token that the recipe makes.
type mutation func(rng *rand.Rand, r recipe) mutant

// A kind is a mutation and how often it is tried.
type kind struct {
	times  int
	mutate mutation
}

func kinds() map[string]kind {
	return map[string]kind{
		"flip a byte":              {500, flipByte},
		"delete a byte":            {200, deleteByte},
		"cut off the end":          {100, cutEnd},
		"swap two values":          {200, swapValues},
		"drop a parameter":         {100, dropParameter},
		"double a parameter":       {100, doubleParameter},
		"add a parameter":          {150, addParameter},
		"re-encode":                {150, reencode},
		"change text around it":    {50, changeAround},
		"another value, re-signed": {250, resigned},
		"another value, unsigned":  {100, unsigned},
		"another signature":        {100, otherSignature},
	}
}

// Of 2,000 single mutations of good tokens none is accepted, and each is refused for what was changed.
func TestMutations(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	total := 0
	all := kinds()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		k := all[name]
		reasons := map[verify.Reason]int{}
		for range k.times {
			total++
			good := []recipe{golden(), serverless(), memorydb()}[rng.IntN(3)]
			reasons[checkMutant(t, name, good, k.mutate(rng, good))]++
		}
		t.Logf("%s: %d: %v", name, k.times, reasons)
	}
	if total != 2000 {
		t.Errorf("%d mutations, want 2000", total)
	}
}

// No byte of a token is free: each is replaced by every character that could keep the token in form, and by some that cannot.
func TestEveryByteCounts(t *testing.T) {
	for _, good := range []recipe{golden(), serverless(), memorydb()} {
		token := good.token()
		for i := range len(token) {
			for _, c := range []byte("0189afAFgzGZ-_.~%&=/?+ \x00\xff") {
				if c != token[i] {
					m := mutated(token[:i]+string([]byte{c})+token[i+1:], flipReasons(token, i, c)...)
					checkMutant(t, "every byte", good, m)
				}
			}
		}
	}
}

func checkMutant(t *testing.T, kind string, good recipe, m mutant) verify.Reason {
	t.Helper()
	if m.token == good.token() {
		t.Fatalf("%s: nothing was changed", kind)
	}
	_, err := verifier().Verify(m.token, good.want())
	var r *verify.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("%s: ACCEPTED %s", kind, m.token)
	}
	if !slices.Contains(m.reasons, r.Reason) {
		t.Errorf("%s: got %v, want one of %q for\n%s", kind, err, m.reasons, m.token)
	}
	return r.Reason
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// flipByte replaces one byte, anywhere in the token, by any other.
func flipByte(rng *rand.Rand, r recipe) mutant {
	token := r.token()
	i := rng.IntN(len(token))
	c := byte(rng.IntN(255))
	if c >= token[i] {
		c++
	}
	if rng.IntN(2) == 0 { // half of them stay within what is canonical
		c = pick(rng, []byte(strings.ReplaceAll("ABCXYZabcfxyz0189-_.~", string(token[i]), "")))
	}
	return mutated(token[:i]+string([]byte{c})+token[i+1:], flipReasons(token, i, c)...)
}

func deleteByte(rng *rand.Rand, r recipe) mutant {
	token := r.token()
	i := rng.IntN(len(token))
	reasons := append(fieldReasons(token, i), syntax()...)
	return mutated(token[:i]+token[i+1:], append(reasons, verify.SignatureMalformed)...)
}

// cutEnd keeps less than the whole of the signature, so that the token is short of at least something.
func cutEnd(rng *rand.Rand, r recipe) mutant {
	token := r.token()
	i := rng.IntN(len(token))
	switch f := fieldAt(token, i); {
	case i <= strings.IndexByte(token, '?'):
		return mutated(token[:i], verify.Malformed)
	case f == "X-Amz-Signature" && token[i-1] != '&' && strings.Contains(token[:i], "X-Amz-Signature="):
		return mutated(token[:i], verify.SignatureMalformed)
	}
	return mutated(token[:i], verify.MissingParameter, verify.Malformed, verify.BadEncoding)
}

func unreservedByte(c byte) bool {
	return strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~", c) >= 0
}

func syntax() []verify.Reason {
	return []verify.Reason{verify.Malformed, verify.BadEncoding, verify.NotCanonical}
}

// fieldAt is the parameter that byte i is in, or "name", "/", "?" for what stands before the parameters.
func fieldAt(token string, i int) string {
	q := strings.IndexByte(token, '?')
	switch {
	case i < q-1:
		return "name"
	case i == q-1:
		return "/"
	case i == q:
		return "?"
	}
	start := max(strings.LastIndexByte(token[:i], '&'), q) + 1
	name, _, _ := strings.Cut(token[start:], "=")
	return name
}

// flipReasons is what byte i may be refused for once it is c.
func flipReasons(token string, i int, c byte) []verify.Reason {
	old := token[i]
	switch {
	case i <= strings.IndexByte(token, '?'):
		return fieldReasons(token, i)
	case old == '&':
		return []verify.Reason{verify.NotCanonical, verify.BadEncoding}
	case old == '=':
		return []verify.Reason{verify.Malformed}
	case inEscape(token, i) && !unreservedByte(c):
		return syntax()
	case c == '%' || inEscape(token, i):
		return append(fieldReasons(token, i), syntax()...)
	case !unreservedByte(c):
		return []verify.Reason{verify.Malformed, verify.NotCanonical}
	case fieldAt(token, i) == "X-Amz-Signature" && i >= len(token)-64:
		return []verify.Reason{map[bool]verify.Reason{true: verify.SignatureMismatch, false: verify.SignatureMalformed}[lowerHex(c)]}
	}
	return fieldReasons(token, i)
}

// inEscape reports whether byte i is part of a %XX.
func inEscape(token string, i int) bool { return strings.Contains(token[max(i-2, 0):i+1], "%") }

func lowerHex(c byte) bool { return strings.IndexByte("0123456789abcdef", c) >= 0 }

// fieldReasons is what a change of byte i may be refused for, syntax aside.
func fieldReasons(token string, i int) []verify.Reason {
	f := fieldAt(token, i)
	start := strings.LastIndexByte(token[:i+1], '&')
	inName := i > strings.IndexByte(token, '?') && !strings.Contains(token[max(start, strings.IndexByte(token, '?')):i], "=")
	switch {
	case inName && (f == "ResourceType" || f == "X-Amz-Security-Token"):
		return []verify.Reason{verify.UnknownParameter}
	case inName:
		return []verify.Reason{verify.MissingParameter}
	case f == "X-Amz-Credential":
		return credentialReasons(token, i)
	case f == "X-Amz-Date":
		return dateReasons(token, i)
	}
	return valueReasons()[f]
}

// valueReasons is what a change of a field's value may be refused for.
func valueReasons() map[string][]verify.Reason {
	type reasons = []verify.Reason
	return map[string]reasons{
		"name":                 {verify.WrongName, verify.NameCase, verify.NameIsEndpoint, verify.WrongPath},
		"/":                    {verify.WrongPath},
		"?":                    {verify.Malformed},
		"Action":               {verify.WrongAction},
		"User":                 {verify.WrongUser, verify.UserCase},
		"ResourceType":         {verify.ResourceTypeWrong},
		"X-Amz-Algorithm":      {verify.WrongAlgorithm},
		"X-Amz-SignedHeaders":  {verify.WrongSignedHeaders},
		"X-Amz-Expires":        {verify.ExpiresMalformed, verify.ExpiresOutOfRange, verify.Expired, verify.SignatureMismatch},
		"X-Amz-Security-Token": {verify.SessionTokenWrong},
		"X-Amz-Signature":      {verify.SignatureMismatch, verify.SignatureMalformed},
	}
}

// credentialReasons goes by the part of the credential that byte i is in.
func credentialReasons(token string, i int) []verify.Reason {
	start := strings.Index(token, "X-Amz-Credential=") + len("X-Amz-Credential=")
	part := strings.Count(token[start:i], "%2F")
	if inEscape(token, i) { // the separator itself
		return []verify.Reason{verify.ScopeMalformed}
	}
	return []verify.Reason{
		[]verify.Reason{verify.UnknownKey, verify.WrongScopeDate, verify.WrongRegion, verify.WrongService, verify.WrongTerminator}[part],
	}
}

// dateReasons tells the day from the time of day.
func dateReasons(token string, i int) []verify.Reason {
	start := strings.Index(token, "X-Amz-Date=") + len("X-Amz-Date=")
	if i < start+8 {
		return []verify.Reason{verify.WrongScopeDate, verify.DateMalformed}
	}
	return []verify.Reason{verify.DateMalformed, verify.FromFuture, verify.SignatureMismatch}
}
