package verify_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey/verify"
)

// atNow runs f in a bubble whose clock shows now.
func atNow(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now))
		f(t)
	})
}

func TestInspectGoodTokens(t *testing.T) {
	atNow(t, func(t *testing.T) {
		for _, r := range []recipe{golden(), golden().temporary(), serverless(), memorydb()} {
			token := r.token()
			got, err := verify.Inspect(token)
			if err != nil {
				t.Fatal(err)
			}
			want := verify.Inspection{
				Name: r.name, Service: r.service, Region: r.region, User: r.get("User"), Serverless: r.get("ResourceType") != "",
				AccessKeyID: r.key, SignedAt: signedAt, ExpiresSeconds: 900, ExpiresAt: signedAt.Add(15 * time.Minute),
				SessionTokenLength: len(r.get("X-Amz-Security-Token")), SignatureLength: 64, Size: len(token),
			}
			if len(got.Problems) != 0 {
				t.Errorf("problems of a good token: %v", got.Problems)
			}
			if got.Problems = nil; text(t, got) != text(t, want) {
				t.Errorf("got %s, want %s", text(t, got), text(t, want))
			}
		}
	})
}

func text(t *testing.T, in verify.Inspection) string {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A faulty is a token with exactly these problems.
type faulty struct {
	name, token string
	want        []verify.Reason
}

func faultyTokens() []faulty {
	good := golden().token()
	change := func(f func(*recipe)) string { r := golden(); f(&r); return r.token() }
	replace := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	unsigned, _, _ := strings.Cut(good, "&X-Amz-Signature")
	type reasons = []verify.Reason
	return []faulty{
		{"endpoint as name", replace("my-replication-group-id", "master.a.x.euw1.cache.amazonaws.com"), reasons{verify.NameIsEndpoint}},
		{"port", replace("/?", ":6379/?"), reasons{verify.NameIsEndpoint}},
		{"upper-case name", replace("my-rep", "My-Rep"), reasons{verify.NameCase}},
		{"underscore in name", replace("my-rep", "my_rep"), reasons{verify.WrongName}},
		{"no name", replace("my-replication-group-id", ""), reasons{verify.WrongName}},
		{"upper-case user", replace("my-user-id", "My-User-Id"), reasons{verify.UserCase}},
		{"empty user", replace("my-user-id", ""), reasons{verify.WrongUser}},
		{"scheme", "https://" + good, reasons{verify.HasScheme}},
		{"line feed", good + "\n", reasons{verify.Malformed}},
		{"expired", golden().at(now.Add(-time.Hour)).token(), reasons{verify.Expired}},
		{"future", golden().at(now.Add(time.Hour)).token(), reasons{verify.FromFuture}},
		{"life over 900", golden().set("X-Amz-Expires", "901").token(), reasons{verify.ExpiresOutOfRange}},
		{"expires no number", golden().set("X-Amz-Expires", "15m").token(), reasons{verify.ExpiresMalformed}},
		{"date malformed", golden().set("X-Amz-Date", "now").token(), reasons{verify.DateMalformed}},
		{"unsigned", unsigned, reasons{verify.MissingParameter}},
		{"half a signature", good[:len(good)-32], reasons{verify.SignatureMalformed}},
		{"other headers", golden().set("X-Amz-SignedHeaders", "content-type;host").token(), reasons{verify.WrongSignedHeaders}},
		{"algorithm", golden().set("X-Amz-Algorithm", "x").token(), reasons{verify.WrongAlgorithm}},
		{"action", golden().set("Action", "x").token(), reasons{verify.WrongAction}},
		{"path", replace("/?", "/0?"), reasons{verify.WrongPath}},
		{"no path", replace("/?", "?"), reasons{verify.WrongPath}},
		{"resource type", golden().set("ResourceType", "x").token(), reasons{verify.ResourceTypeWrong}},
		{"serverless memorydb", memorydb().set("ResourceType", "ServerlessCache").token(), reasons{verify.ResourceTypeUnexpected}},
		{"credential", change(func(r *recipe) { r.credential = "a/b" }), reasons{verify.ScopeMalformed}},
		{"service", change(func(r *recipe) { r.service = "rds-db" }), reasons{verify.WrongService}},
		{"terminator", change(func(r *recipe) { r.end = "x" }), reasons{verify.WrongTerminator}},
		{"scope date", change(func(r *recipe) { r.day = "20240101" }), reasons{verify.WrongScopeDate}},
		{"temporary key", change(func(r *recipe) { r.key = "ASIAX" }), reasons{verify.SessionTokenMissing}},
		{"long-term key", change(func(r *recipe) { *r = r.set("X-Amz-Security-Token", sessionToken); r.key = "AKIAX" }), reasons{verify.SessionTokenUnexpected}},
		{"encoding", replace("%2F", "%2f"), reasons{verify.NotCanonical}},
		{"escape", replace("my-user-id", "my%-user-id"), reasons{verify.BadEncoding}},
		{"duplicate", good + "&User=x", reasons{verify.DuplicateParameter}},
		{"unknown", good + "&x-id=x", reasons{verify.UnknownParameter}},
		{"query alone", strings.SplitAfter(good, "?")[1], reasons{verify.Malformed, verify.WrongName}},
		{"several", "HTTPS://" + replace("/?", ".example.com?") + "&User=b&x=y%", reasons{
			verify.HasScheme, verify.WrongPath, verify.BadEncoding, verify.DuplicateParameter, verify.UnknownParameter, verify.NameIsEndpoint}},
	}
}

// What else a faulty token says is read all the same.
func TestInspectProblems(t *testing.T) {
	for _, c := range faultyTokens() {
		t.Run(c.name, func(t *testing.T) {
			atNow(t, func(t *testing.T) { checkProblems(t, c.token, c.want) })
		})
	}
}

func checkProblems(t *testing.T, token string, want []verify.Reason) {
	t.Helper()
	in, err := verify.Inspect(token)
	if err != nil {
		t.Fatal(err)
	}
	var got []verify.Reason
	for _, p := range in.Problems {
		got = append(got, p.Reason)
		if p.Hint == "" || p.Hint != p.Reason.Hint() {
			t.Errorf("%s: hint %q", p.Reason, p.Hint)
		}
		if !strings.Contains(in.String(), string(p.Reason)) {
			t.Errorf("String does not say %q", p.Reason)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if in.Region == "" && !slices.Contains(want, verify.ScopeMalformed) || in.Size != len(token) {
		t.Errorf("gave up: %+v", in)
	}
}

func TestInspectOfNoToken(t *testing.T) {
	for token, want := range map[string]verify.Reason{
		"":                                  verify.Malformed,
		"correct horse battery staple":      verify.Malformed,
		"https://example.com/?a=b":          verify.HasScheme,
		"example/?a=b":                      verify.MissingParameter,
		strings.Repeat("a", verify.MaxSize): verify.Malformed,
		golden().token() + strings.Repeat("a", verify.MaxSize): verify.TooLong,
	} {
		in, err := verify.Inspect(token)
		if !errors.Is(err, want) || len(in.Problems) != 1 || in.Size != len(token) {
			t.Errorf("%.40q: got %v and %v, want %q", token, err, in.Problems, want)
		}
		if len(token) > 0 && strings.Contains(in.String()+err.Error(), token) {
			t.Errorf("%.40q is shown", token)
		}
	}
}

// Neither form of an inspection shows a secret, wherever in the token it stands.
func TestInspectHidesSecrets(t *testing.T) {
	atNow(t, func(t *testing.T) {
		r := serverless()
		tokens := []string{r.token(), r.token() + "&X-Amz-Security-Token=" + goldenSignature[:60], r.token() + "&x-amz-signature=" + goldenSignature[:60]}
		for _, field := range []string{"Action", "User", "ResourceType", "X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "x-id"} {
			short := r.set("X-Amz-Security-Token", sessionToken[:40]).set(field, sessionToken[:40])
			short.credential = strings.Repeat(sessionToken[:20]+"/", 4)
			tokens = append(tokens, short.token(), r.set(field, sessionToken).token())
		}
		for _, token := range tokens {
			in, err := verify.Inspect(token)
			if err != nil {
				t.Fatal(err)
			}
			for _, out := range []string{in.String(), text(t, in)} {
				for _, secret := range []string{sessionToken[:40], goldenSignature[:60], token[len(token)-60:]} {
					if strings.Contains(out, secret) {
						t.Errorf("%s is shown in %s", secret, out)
					}
				}
			}
		}
	})
}

// An instant that JSON cannot hold is left out.
func TestInspectAtTheEndOfTime(t *testing.T) {
	r := golden().at(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
	in, err := verify.Inspect(r.token())
	if err != nil || in.ExpiresSeconds != 900 || !in.ExpiresAt.IsZero() || !strings.Contains(text(t, in), `"signed_at":"9999-12-31T23:59:59Z"`) {
		t.Errorf("got %v and %v", in, err)
	}
}

// What a token says cannot write control characters to a terminal.
func TestInspectIsPlainText(t *testing.T) {
	in, _ := verify.Inspect(golden().set("User", "\x1b[31mred\nproblem none\u202e").token())
	for _, r := range strings.ReplaceAll(in.String(), "\n", "") {
		if r < ' ' || r > '~' {
			t.Errorf("%q in %q", r, in.String())
		}
	}
	if strings.Contains(in.String(), "\nproblem none") {
		t.Error("a user wrote a line of its own")
	}
}

func TestInspectString(t *testing.T) {
	atNow(t, func(t *testing.T) {
		in, err := verify.Inspect(golden().set("X-Amz-Expires", "3600").token())
		if err != nil {
			t.Fatal(err)
		}
		const want = `name           my-replication-group-id
service        elasticache
serverless     no
region         eu-west-1
user           my-user-id
access key id  fakeAccessKeyId
signed at      2025-01-01T00:00:00Z
expires at     2025-01-01T01:00:00Z (3600 seconds after signing)
session token  none
signature      64 bytes, not shown
size           326 bytes
problem        expires out of range: got "3600", want 1 to 900 seconds
  hint         set X-Amz-Expires to between 1 and 900 seconds
`
		if in.String() != want {
			t.Errorf("got\n%s", in)
		}
	})
}
