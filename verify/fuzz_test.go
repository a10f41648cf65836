package verify_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/verify"
)

// seeds are good tokens and tokens with each kind of fault.
func seeds() []string {
	s := []string{golden().token(), golden().temporary().token(), serverless().token(), memorydb().token()}
	for _, group := range [][]refused{refusedForm(), refusedTarget(), refusedScope(), refusedKey()} {
		for _, c := range group {
			if len(c.token) < verify.MaxSize {
				s = append(s, c.token)
			}
		}
	}
	_, pairs := pairsOf(golden().temporary().token())
	slices.Reverse(pairs)
	return append(s, joined("my-replication-group-id/", pairs))
}

// An accepted token is, but for the order of its parameters, the token that the key signs for its claims.
func FuzzVerify(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		for _, good := range []recipe{golden(), serverless(), memorydb()} {
			claims, err := verifier().Verify(token, good.want())
			if err != nil {
				checkNoSecrets(t, token, err.Error())
				continue
			}
			if got, want := sorted(token), sorted(signFor(claims, token)); got != want {
				t.Errorf("accepted %q, want %q", got, want)
			}
		}
	})
}

// signFor signs the claims anew; only the life, which the claims do not hold, is the token's own.
func signFor(c verify.Claims, token string) string {
	r := golden()
	if c.AccessKeyID == tempKey {
		r = r.temporary()
	}
	if c.Serverless {
		r = r.set("ResourceType", "ServerlessCache")
	}
	r.name, r.region, r.service, r.key = c.Name, c.Region, string(c.Service), c.AccessKeyID
	r = r.at(c.SignedAt).set("User", c.User)
	return r.set("X-Amz-Expires", regexp.MustCompile(`X-Amz-Expires=([0-9]+)`).FindStringSubmatch(token)[1]).token()
}

func sorted(token string) string {
	name, pairs := pairsOf(token)
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return joined(name, pairs)
}

// Inspect never panics, always has a JSON form, and shows no value of a signature or session token.
func FuzzInspect(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		in, err := verify.Inspect(token)
		b, jsonErr := json.Marshal(in)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		checkNoSecrets(t, token, in.String())
		checkNoSecrets(t, token, string(b))
		if err != nil {
			checkNoSecrets(t, token, err.Error())
		}
	})
}

var secretValue = regexp.MustCompile(`(?i)X-Amz-(?:Signature|Security-Token)=([^&]{16,})`)

// checkNoSecrets looks for the secrets of a token in a text. What the text says without that secret too is no leak of it, nor is what
// the token says in another place as well, such as a user name that is also the "signature".
func checkNoSecrets(t *testing.T, token, out string) {
	t.Helper()
	for _, m := range secretValue.FindAllStringSubmatch(token, -1) {
		if secret := m[1]; strings.Contains(out, secret) && strings.Count(token, secret) == 1 && !strings.Contains(ownWords(), secret) {
			t.Errorf("%q shows %q of %q", out, secret, token)
		}
	}
}

// ownWords is what the package says of itself.
func ownWords() string {
	var b strings.Builder
	for _, r := range verify.Reasons() {
		b.WriteString(string(r) + r.Hint())
	}
	in, _ := verify.Inspect("a/?Action=x&X-Amz-Algorithm=x&ResourceType=x&X-Amz-Credential=x&X-Amz-SignedHeaders=x&User=x")
	return b.String() + in.String()
}
