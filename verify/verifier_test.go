package verify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

const (
	goldenToken = "my-replication-group-id/?Action=connect&User=my-user-id&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
		"&X-Amz-Credential=fakeAccessKeyId%2F20250101%2Feu-west-1%2Felasticache%2Faws4_request&X-Amz-Date=20250101T000000Z" +
		"&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
	goldenSignature        = "9e361603d85874bce06114c6644725ed113e3b11ae6fa92efdf10c6bcf5de8d7"
	goldenSessionSignature = "bbce2bd61bd78461297ecb92e7001ddbeab2d85906c3cbedad6c9b81fb3466dc"
)

// The golden vectors are AWS's own (aws-samples/elasticache-iam-auth-demo-app, IAMAuthTokenRequestTest).
func TestGoldenVectors(t *testing.T) {
	withSession := verify.NewStaticKeys(verify.Key{ID: longKey, Secret: longSecret, SessionToken: "fakeSessionToken"})
	for _, c := range []struct {
		name, token string
		keys        verify.Keys
	}{
		{"long-term", goldenToken + "&X-Amz-Signature=" + goldenSignature, keys()},
		{"session token", goldenToken + "&X-Amz-Security-Token=fakeSessionToken&X-Amz-Signature=" + goldenSessionSignature, withSession},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &verify.Verifier{Keys: c.keys}
			claims, err := v.Verify(c.token, golden().want())
			if err != nil {
				t.Fatal(err)
			}
			want := verify.Claims{
				AccessKeyID: longKey, Name: "my-replication-group-id", User: "my-user-id", Region: "eu-west-1",
				Service: valetkey.ElastiCache, SignedAt: signedAt, ExpiresAt: signedAt.Add(15 * time.Minute),
			}
			if claims != want {
				t.Errorf("got %+v, want %+v", claims, want)
			}
		})
	}
	if got := golden().token(); got != goldenToken+"&X-Amz-Signature="+goldenSignature {
		t.Errorf("the tests' own signer is not AWS's: %s", got)
	}
}

// The orders are those in which the AWS SDKs put the parameters on the wire.
func TestOrderIsFree(t *testing.T) {
	const a, c, d, e, h, s, x = "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token"
	orders := map[string][]string{
		"Go":       {"Action", "ResourceType", "User", a, c, d, e, x, h, s},
		"Java":     {"Action", "User", "ResourceType", x, a, d, h, e, c, s},
		"botocore": {"Action", "User", "ResourceType", a, c, d, e, h, x, s},
		"JS":       {"Action", "ResourceType", "User", x, a, c, d, e, h, s},
		"backward": {s, h, x, e, d, c, a, "User", "ResourceType", "Action"},
	}
	good := serverless()
	name, query, _ := strings.Cut(good.token(), "?")
	for sdk, order := range orders {
		pairs := strings.Split(query, "&")
		slices.SortFunc(pairs, func(p, q string) int {
			before := func(s string) int { n, _, _ := strings.Cut(s, "="); return slices.Index(order, n) }
			return before(p) - before(q)
		})
		if _, err := verifier().Verify(name+"?"+strings.Join(pairs, "&"), good.want()); err != nil {
			t.Errorf("%s: %v", sdk, err)
		}
	}
}

func TestGoodTokens(t *testing.T) {
	upper := golden().want()
	upper.Target.Name = "My-Replication-Group-ID" // AWS lower-cases it
	unnamedService := golden().want()
	unnamedService.Target.Service = ""
	lenient := serverless().want()
	for _, c := range []struct {
		name string
		r    recipe
		want verify.Want
		v    verify.Verifier
	}{
		{"elasticache", golden(), golden().want(), verify.Verifier{}},
		{"temporary", golden().temporary(), golden().want(), verify.Verifier{}},
		{"serverless", serverless(), serverless().want(), verify.Verifier{}},
		{"serverless lenient", serverless().set("ResourceType", "-"), lenient, verify.Verifier{LenientResourceType: true}},
		{"serverless lenient with", serverless(), lenient, verify.Verifier{LenientResourceType: true}},
		{"memorydb", memorydb(), memorydb().want(), verify.Verifier{}},
		{"upper-case target", golden(), upper, verify.Verifier{}},
		{"service left out", golden(), unnamedService, verify.Verifier{}},
		{"a user with odd characters", golden().set("User", "a b+c/d%"), golden().set("User", "a b+c/d%").want(), verify.Verifier{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.v.Keys = keys()
			claims, err := c.v.Verify(c.r.token(), c.want)
			if err != nil {
				t.Fatal(err)
			}
			if claims.User != c.want.Target.User || claims.AccessKeyID != c.r.key || claims.Serverless != c.want.Target.Serverless {
				t.Errorf("wrong claims %+v", claims)
			}
		})
	}
}

// One second before and after each limit, and on it.
func TestBoundaries(t *testing.T) {
	s := func(n int) time.Time { return signedAt.Add(time.Duration(n) * time.Second) }
	scaled := verify.Verifier{MaxLife: 3 * time.Second, Skew: 2 * time.Second}
	for _, c := range []struct {
		name    string
		v       verify.Verifier
		expires string
		at      time.Time
		want    verify.Reason // "" means good
	}{
		{"last second of 900", verify.Verifier{}, "900", s(899), ""},
		{"last nanosecond of 900", verify.Verifier{}, "900", s(900).Add(-1), ""},
		{"end of 900", verify.Verifier{}, "900", s(900), verify.Expired},
		{"after 900", verify.Verifier{}, "900", s(901), verify.Expired},
		{"last second of 60", verify.Verifier{}, "60", s(59), ""},
		{"end of 60", verify.Verifier{}, "60", s(60), verify.Expired},
		{"last second of a scaled life", scaled, "900", s(2), ""},
		{"end of a scaled life", scaled, "900", s(3), verify.Expired},
		{"shorter than the scaled life", scaled, "1", s(1), verify.Expired},
		{"a longer MaxLife adds nothing", verify.Verifier{MaxLife: time.Hour}, "900", s(900), verify.Expired},
		{"901 is refused even when scaled", scaled, "901", s(1), verify.ExpiresOutOfRange},
		{"1 is the shortest", verify.Verifier{}, "1", s(0), ""},
		{"0 is too short", verify.Verifier{}, "0", s(0), verify.ExpiresOutOfRange},
		{"within the skew", verify.Verifier{}, "900", s(-299), ""},
		{"at the skew", verify.Verifier{}, "900", s(-300), ""},
		{"beyond the skew", verify.Verifier{}, "900", s(-301), verify.FromFuture},
		{"at a skew of 2 s", scaled, "900", s(-2), ""},
		{"beyond a skew of 2 s", scaled, "900", s(-3), verify.FromFuture},
		{"no skew", verify.Verifier{Skew: -1}, "900", s(0), ""},
		{"beyond no skew", verify.Verifier{Skew: -1}, "900", s(-1), verify.FromFuture},
		{"a negative life", verify.Verifier{MaxLife: -1}, "900", s(0), verify.Expired},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.v.Keys = keys()
			want := golden().want()
			want.At = c.at
			_, err := c.v.Verify(golden().set("X-Amz-Expires", c.expires).token(), want)
			if c.want == "" && err != nil || c.want != "" && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A token dies with the credentials that signed it.
func TestCredentialsEndTheToken(t *testing.T) {
	r := golden().temporary().at(signedAt.Add(50 * time.Minute))
	want := golden().want()
	want.At = signedAt.Add(time.Hour - time.Second)
	claims, err := verifier().Verify(r.token(), want)
	if err != nil || !claims.ExpiresAt.Equal(signedAt.Add(time.Hour)) {
		t.Errorf("a second before: %v, expires at %v", err, claims.ExpiresAt)
	}
	want.At = want.At.Add(time.Second)
	if _, err := verifier().Verify(r.token(), want); !errors.Is(err, verify.CredentialsExpired) {
		t.Errorf("at the end: %v", err)
	}
}

func TestAtZeroMeansNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := golden().at(time.Now().UTC())
		want := golden().want()
		want.At = time.Time{}
		time.Sleep(15*time.Minute - time.Second)
		if _, err := verifier().Verify(r.token(), want); err != nil {
			t.Errorf("a second before the end: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := verifier().Verify(r.token(), want); !errors.Is(err, verify.Expired) {
			t.Errorf("at the end: %v", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	token, want, v := serverless().token(), serverless().want(), verifier()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(token, want); err != nil {
			b.Fatal(err)
		}
	}
}
