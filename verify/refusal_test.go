package verify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

// A refused is a token that exactly one check refuses. It is signed rightly for what it says unless the check is about that.
type refused struct {
	reason verify.Reason
	detail string // part of the detail
	token  string
	want   verify.Want
}

func refusedForm() []refused {
	good, want := golden().token(), golden().want()
	replace := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	return []refused{
		{verify.TargetIncomplete, "no name", good, verify.Want{At: now, Target: valetkey.Target{User: "my-user-id", Region: "eu-west-1"}}},
		{verify.TargetIncomplete, "no region", good, verify.Want{At: now, Target: valetkey.Target{User: "my-user-id", Name: "my-replication-group-id"}}},
		{verify.TargetIncomplete, `service "s3"`, good, verify.Want{Target: valetkey.Target{Service: "s3", User: "u", Name: "n", Region: "r"}}},
		{verify.TargetIncomplete, "serverless memorydb", good, verify.Want{Target: valetkey.Target{Service: valetkey.MemoryDB, Name: "n", Region: "r", Serverless: true}}},
		{verify.TooLong, "16385 bytes", strings.Repeat("a", 16385), want},
		{verify.HasScheme, "name first", "https://" + good, want},
		{verify.HasScheme, "name first", "http://" + good, want},
		{verify.Malformed, `no "?"`, "", want},
		{verify.Malformed, `no "?"`, strings.Repeat("a", 16384), want},
		{verify.Malformed, "parameter 2", replace("User=my-user-id", "User"), want},
		{verify.Malformed, "parameter 9", good + "&=x", want},
		{verify.Malformed, "more than 32", good + strings.Repeat("&a=b", 40), want},
		{verify.WrongPath, `"/"`, replace("/?", "?"), want},
		{verify.WrongPath, `"/"`, replace("/?", "/0?"), want},
		{verify.BadEncoding, "in User", replace("my-user-id", "my%2"), want},
		{verify.BadEncoding, "in X-Amz-Credential", replace("%2F", "%G0"), want},
		{verify.NotCanonical, "in X-Amz-Credential", replace("%2F", "%2f"), want},
		{verify.NotCanonical, "in X-Amz-Credential", replace("%2F", "/"), want},
		{verify.NotCanonical, "in User", replace("my-user", "%6Dy-user"), want},
		{verify.NotCanonical, "in parameter 1", replace("Action", "A%63tion"), want},
		{verify.DuplicateParameter, "User", good + "&User=my-user-id", want},
		{verify.MissingParameter, "X-Amz-Expires", golden().set("X-Amz-Expires", "-").token(), want},
		{verify.MissingParameter, "not signed", strings.Split(good, "&X-Amz-Signature")[0], want},
		{verify.UnknownParameter, `"x-id"`, good + "&x-id=1", want},
		{verify.UnknownParameter, `"X-Amz-User-Agent"`, golden().set("X-Amz-User-Agent", "sdk").token(), want},
		{verify.WrongAlgorithm, `got "AWS4-ECDSA-P256-SHA256"`, golden().set("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256").token(), want},
		{verify.WrongSignedHeaders, `got "content-type;host"`, golden().set("X-Amz-SignedHeaders", "content-type;host").token(), want},
	}
}

func refusedTarget() []refused {
	want := golden().want()
	named := func(name string) string { r := golden(); r.name = name; return r.token() }
	emptyUser := golden().set("User", "")
	return []refused{
		{verify.NameCase, `got "My-Replication-Group-Id"`, named("My-Replication-Group-Id"), want},
		{verify.NameIsEndpoint, `want "my-replication-group-id"`, named("master.my-replication-group-id.x.euw1.cache.amazonaws.com"), want},
		{verify.NameIsEndpoint, `got "my-replication-group-id:6379"`, named("my-replication-group-id:6379"), want},
		{verify.WrongName, `got "other"`, named("other"), want},
		{verify.WrongAction, `got "Connect", want "connect"`, golden().set("Action", "Connect").token(), want},
		{verify.UserCase, `AUTH sent "my-user-id"`, golden().set("User", "My-User-Id").token(), want},
		{verify.WrongUser, `got "default"`, golden().set("User", "default").token(), want},
		{verify.WrongUser, `got ""`, emptyUser.token(), emptyUser.want()},
		{verify.ResourceTypeMissing, "got none", serverless().set("ResourceType", "-").token(), serverless().want()},
		{verify.ResourceTypeUnexpected, "want none", golden().set("ResourceType", "ServerlessCache").token(), want},
		{verify.ResourceTypeWrong, `got "serverlesscache"`, serverless().set("ResourceType", "serverlesscache").token(), serverless().want()},
	}
}

func refusedScope() []refused {
	want := golden().want()
	change := func(f func(*recipe)) string { r := golden(); f(&r); return r.token() }
	return []refused{
		{verify.ScopeMalformed, "KEY/DATE", change(func(r *recipe) { r.credential = "fakeAccessKeyId" }), want},
		{verify.ScopeMalformed, "KEY/DATE", change(func(r *recipe) { r.key = "" }), want},
		{verify.ScopeMalformed, "KEY/DATE", change(func(r *recipe) { r.end += "/x" }), want},
		{verify.WrongScopeDate, `got "20241231", want "20250101"`, change(func(r *recipe) { r.day = "20241231" }), want},
		{verify.WrongRegion, `got "eu-west-2"`, change(func(r *recipe) { r.region = "eu-west-2" }), want},
		{verify.WrongService, `got "memorydb"`, change(func(r *recipe) { r.service = "memorydb" }), want},
		{verify.WrongTerminator, `got "aws4"`, change(func(r *recipe) { r.end = "aws4" }), want},
		{verify.DateMalformed, `got "20250101T000000"`, golden().set("X-Amz-Date", "20250101T000000").token(), want},
		{verify.DateMalformed, `got "20250101T000000.5Z"`, golden().set("X-Amz-Date", "20250101T000000.5Z").token(), want},
		{verify.DateMalformed, `got "20250230T000000Z"`, golden().set("X-Amz-Date", "20250230T000000Z").token(), want},
		{verify.FromFuture, "signed at 2025-01-01T01:00:00Z", golden().at(signedAt.Add(time.Hour)).token(), want},
		{verify.ExpiresMalformed, `got "0900"`, golden().set("X-Amz-Expires", "0900").token(), want},
		{verify.ExpiresMalformed, `got "+900"`, golden().set("X-Amz-Expires", "+900").token(), want},
		{verify.ExpiresMalformed, `got "15m"`, golden().set("X-Amz-Expires", "15m").token(), want},
		{verify.ExpiresOutOfRange, `got "901"`, golden().set("X-Amz-Expires", "901").token(), want},
		{verify.ExpiresOutOfRange, `got "-1"`, golden().set("X-Amz-Expires", "-1").token(), want},
		{verify.ExpiresOutOfRange, `99999"`, golden().set("X-Amz-Expires", "99999999999999999999").token(), want},
		{verify.Expired, "ended at 2024-12-31T23:15:00Z", golden().at(signedAt.Add(-time.Hour)).token(), want},
	}
}

func refusedKey() []refused {
	want := golden().want()
	change := func(r recipe, f func(*recipe)) string { f(&r); return r.token() }
	key := func(id string) string { return change(golden(), func(r *recipe) { r.key = id }) }
	good := golden().token()
	return []refused{
		{verify.UnknownKey, "nobody", key("nobody"), want},
		{verify.UnknownKey, "(40 characters, not shown)", key("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"), want},
		{verify.UnknownKey, "no secret", change(golden(), func(r *recipe) { r.key, r.secret = "secretlessKeyId", "" }), want},
		{verify.RevokedKey, "revokedAccessKeyId", key("revokedAccessKeyId"), want},
		{verify.CredentialsExpired, "ASIAENDED ended at", change(golden().temporary(), func(r *recipe) { r.key = "ASIAENDED" }), want},
		{verify.SessionTokenMissing, tempKey, golden().temporary().set("X-Amz-Security-Token", "-").token(), want},
		{verify.SessionTokenUnexpected, longKey, golden().set("X-Amz-Security-Token", sessionToken).token(), want},
		{verify.SessionTokenUnexpected, longKey, golden().set("X-Amz-Security-Token", "").token(), want},
		{verify.SessionTokenWrong, "got 0 characters", golden().temporary().set("X-Amz-Security-Token", "").token(), want},
		{verify.SessionTokenWrong, "want 67", golden().temporary().set("X-Amz-Security-Token", "x"+sessionToken[1:]).token(), want},
		{verify.SignatureMalformed, "63 characters", good[:len(good)-1], want},
		{verify.SignatureMalformed, "64 characters", strings.Replace(good, goldenSignature, strings.ToUpper(goldenSignature), 1), want},
		{verify.SignatureMalformed, "0 characters", strings.TrimSuffix(good, goldenSignature), want},
		{verify.SignatureMismatch, "the secret access key", change(golden(), func(r *recipe) { r.secret = "other" }), want},
		{verify.SignatureMismatch, "UNSIGNED-PAYLOAD", change(golden(), func(r *recipe) { r.payload = "UNSIGNED-PAYLOAD" }), want},
		{verify.SignatureMismatch, "added after signing", change(golden().temporary(), func(r *recipe) { r.unsignedSession = true }), want},
	}
}

// Every reason is given for a token whose only fault it is.
func TestEveryReason(t *testing.T) {
	seen := map[verify.Reason]bool{}
	for _, group := range [][]refused{refusedForm(), refusedTarget(), refusedScope(), refusedKey()} {
		for _, c := range group {
			seen[c.reason] = true
			claims, err := verifier().Verify(c.token, c.want)
			var r *verify.Refusal
			if !errors.As(err, &r) || !errors.Is(err, c.reason) || !strings.Contains(r.Detail, c.detail) {
				t.Errorf("got %v, want %q with %q", err, c.reason, c.detail)
			}
			if claims != (verify.Claims{}) {
				t.Errorf("%s: a refused token has claims: %+v", c.reason, claims)
			}
		}
	}
	for _, r := range verify.Reasons() {
		if !seen[r] {
			t.Errorf("no token is refused for %q", r)
		}
	}
}

// Of two faults the one that is checked first is named.
func TestOrderOfChecks(t *testing.T) {
	var last verify.Reason
	steps := []func(recipe) recipe{
		func(r recipe) recipe { r.secret = "other"; return r },
		func(r recipe) recipe { return r.set("X-Amz-Security-Token", "x") },
		func(r recipe) recipe { r.key = "nobody"; return r },
		func(r recipe) recipe { return r.set("X-Amz-Expires", "901") },
		func(r recipe) recipe { return r.at(signedAt.Add(time.Hour)) },
		func(r recipe) recipe { r.end = "x"; return r },
		func(r recipe) recipe { r.service = "memorydb"; return r },
		func(r recipe) recipe { r.region = "x"; return r },
		func(r recipe) recipe { r.day = "20240101"; return r },
		func(r recipe) recipe { return r.set("ResourceType", "ServerlessCache") },
		func(r recipe) recipe { return r.set("User", "x") },
		func(r recipe) recipe { return r.set("Action", "x") },
		func(r recipe) recipe { r.name = "x"; return r },
		func(r recipe) recipe { return r.set("X-Amz-SignedHeaders", "x") },
		func(r recipe) recipe { return r.set("X-Amz-Algorithm", "x") },
		func(r recipe) recipe { return r.set("x", "x") },
		func(r recipe) recipe { return r.set("X-Amz-Date", "-") },
	}
	order := verify.Reasons()
	position := len(order)
	r := golden()
	for i, step := range steps {
		r = step(r)
		_, err := verifier().Verify(r.token(), golden().want())
		var refusal *verify.Refusal
		if !errors.As(err, &refusal) || refusal.Reason == last {
			t.Fatalf("step %d: got %v after %q", i, err, last)
		}
		last = refusal.Reason
		at := slices.Index(order, last)
		if at >= position {
			t.Errorf("step %d: %q comes too late", i, last)
		}
		position = at
	}
}

// A refusal never shows a signature, a session token or a secret, not even one that stands in the wrong place.
func TestRefusalsHideSecrets(t *testing.T) {
	good := serverless()
	fields := []string{"Action", "User", "ResourceType", "X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "x-id", sessionToken}
	for _, secret := range []string{sessionToken, goldenSignature, sessionToken[:40]} {
		for _, field := range fields {
			_, err := verifier().Verify(good.set(field, secret).set("X-Amz-Security-Token", secret).token(), good.want())
			if err == nil || strings.Contains(err.Error(), secret[:20]) {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
}

// A secret in the wrong place is hidden by its length where the right place does not hold it too.
func TestRefusalsHideLongValues(t *testing.T) {
	for _, secret := range []string{strings.Repeat("IQoJb3JpZ2lu", 10), strings.Repeat("deadbeef", 8), "a=secret=="} {
		_, err := verifier().Verify(golden().set("User", secret).token(), golden().want())
		if !errors.Is(err, verify.WrongUser) || strings.Contains(err.Error(), secret[:10]) || !strings.Contains(err.Error(), "not shown") {
			t.Errorf("got %v", err)
		}
	}
}

func TestNoKeys(t *testing.T) {
	for _, v := range []*verify.Verifier{{}, {Keys: verify.StaticKeys{}}} {
		if _, err := v.Verify(golden().token(), golden().want()); !errors.Is(err, verify.UnknownKey) {
			t.Errorf("got %v", err)
		}
	}
}
