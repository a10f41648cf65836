package controlplane_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// TestAWSsOwnExamples sends requests that AWS has signed: the example of its documentation, and some of its test suite. They are
// for no service that there is here, so that their good signature shows in being told that the action is unknown.
func TestAWSsOwnExamples(t *testing.T) {
	t.Parallel()
	const date = "20150830T123600Z"
	for name, c := range map[string]struct {
		method, url, body, service, signed, signature string
		header                                        map[string]string
	}{
		"documentation": {"GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", "", "iam", "content-type;host;x-amz-date",
			"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7", map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}},
		"get-vanilla": {"GET", "https://example.amazonaws.com/", "", "service", "host;x-amz-date",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", nil},
		"post-vanilla": {"POST", "https://example.amazonaws.com/", "", "service", "host;x-amz-date",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", nil},
		"get-vanilla-query-order-key-case": {"GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "", "service", "host;x-amz-date",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", nil},
		"get-vanilla-utf8-query": {"GET", "https://example.amazonaws.com/?%E1%88%B4=bar", "", "service", "host;x-amz-date",
			"2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04", nil},
		"get-header-value-trim": {"GET", "https://example.amazonaws.com/", "", "service", "host;my-header1;my-header2;x-amz-date",
			"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", map[string]string{"My-Header1": " value1", "My-Header2": ` "a   b   c"`}},
		"post-x-www-form-urlencoded": {"POST", "https://example.amazonaws.com/", "Param1=value1", "service", "content-type;host;x-amz-date",
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
	} {
		t.Run(name, func(t *testing.T) {
			request := func(signature string) *http.Request {
				r := httptest.NewRequest(c.method, c.url, strings.NewReader(c.body))
				for k, v := range c.header {
					r.Header.Set(k, v)
				}
				r.Header.Set("X-Amz-Date", date)
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"+c.service+
					"/aws4_request, SignedHeaders="+c.signed+", Signature="+signature)
				return r
			}
			config := emulator.Config{Region: "us-east-1", Keys: []verify.Key{{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}}
			at(t, time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC), config, func(t *testing.T, s *emulator.Server) {
				if a := ask(t, s, request(c.signature)); a.code != "InvalidAction" {
					t.Errorf("%+v", a)
				}
				if a := ask(t, s, request(strings.Replace(c.signature, c.signature[:1], "0", 1))); a.code != "SignatureDoesNotMatch" {
					t.Errorf("with another signature: %+v", a)
				}
			})
		})
	}
}

// A change makes a good request another.
type change struct {
	query, json string // codes of the refusal; "" for a request that is let in
	text        string // part of the message
	before      func(*signing, *http.Request)
	after       func(*http.Request)
}

func changes() map[string]change {
	authorization := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	key := func(id, secret, session string) func(*signing, *http.Request) {
		return func(g *signing, _ *http.Request) {
			g.Credentials = aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: session}
		}
	}
	late := func(by time.Duration) func(*signing, *http.Request) {
		return func(g *signing, _ *http.Request) { g.after = by }
	}
	return map[string]change{
		"good":                {},
		"temporary":           {before: key("ASIATEMPORARY", "temporary", "session")},
		"almost too old":      {before: late(-5 * time.Minute)},
		"almost too new":      {before: late(5 * time.Minute)},
		"unsigned":            {"MissingAuthenticationToken", "MissingAuthenticationTokenException", "missing", nil, func(r *http.Request) { r.Header.Del("Authorization") }},
		"other algorithm":     {"IncompleteSignature", "IncompleteSignatureException", "algorithm", nil, authorization("HMAC-SHA256", "ECDSA")},
		"no signature":        {"IncompleteSignature", "IncompleteSignatureException", "'Signature'", nil, authorization("Signature=", "Sig=")},
		"no equal sign":       {"IncompleteSignature", "IncompleteSignatureException", "equal-sign", nil, authorization("Signature=", "Signature")},
		"short scope":         {"IncompleteSignature", "IncompleteSignatureException", "5 slash-delimited", nil, authorization("/aws4_request", "")},
		"no date":             {"IncompleteSignature", "IncompleteSignatureException", "basic format", nil, func(r *http.Request) { r.Header.Del("X-Amz-Date") }},
		"unknown key":         {"InvalidClientTokenId", "UnrecognizedClientException", "invalid", key("AKIAUNKNOWN", "x", ""), nil},
		"revoked key":         {"InvalidClientTokenId", "UnrecognizedClientException", "invalid", key("AKIAREVOKED", "revoked", ""), nil},
		"no session token":    {"InvalidClientTokenId", "UnrecognizedClientException", "invalid", key("ASIATEMPORARY", "temporary", ""), nil},
		"other session token": {"InvalidClientTokenId", "UnrecognizedClientException", "invalid", key("ASIATEMPORARY", "temporary", "another"), nil},
		"needless token":      {"InvalidClientTokenId", "UnrecognizedClientException", "invalid", key(emulator.ExampleAccessKeyID, emulator.ExampleSecretAccessKey, "x"), nil},
		"expired":             {"ExpiredToken", "ExpiredTokenException", "expired", key("ASIAEXPIRED", "expired", "over"), nil},
		"other secret":        {"SignatureDoesNotMatch", "InvalidSignatureException", "does not match", key(emulator.ExampleAccessKeyID, "x", ""), nil},
		"other region":        {"SignatureDoesNotMatch", "InvalidSignatureException", "valid region, not 'eu-west-2'", func(g *signing, _ *http.Request) { g.region = "eu-west-2" }, nil},
		"other service":       {"SignatureDoesNotMatch", "InvalidSignatureException", "correct service", func(g *signing, _ *http.Request) { g.service = "s3" }, nil},
		"other terminator":    {"SignatureDoesNotMatch", "InvalidSignatureException", "valid terminator", nil, authorization("aws4_request", "aws5_request")},
		"other day":           {"SignatureDoesNotMatch", "InvalidSignatureException", "Date in Credential scope", nil, authorization("20260131", "20260130")},
		"too old":             {"SignatureDoesNotMatch", "InvalidSignatureException", "Signature expired: 20260131T115459Z is now earlier than 20260131T115500Z (20260131T120000Z - 5 min.)", late(-5*time.Minute - time.Second), nil},
		"too new":             {"SignatureDoesNotMatch", "InvalidSignatureException", "Signature not yet current: 20260131T120501Z is still later than 20260131T120500Z (20260131T120000Z + 5 min.)", late(5*time.Minute + time.Second), nil},
		"host unsigned":       {"SignatureDoesNotMatch", "InvalidSignatureException", "'Host'", nil, authorization("host;", "")},
		"new x-amz header":    {"SignatureDoesNotMatch", "InvalidSignatureException", "'x-amz-more'", nil, func(r *http.Request) { r.Header.Set("X-Amz-More", "1") }},
		"changed header":      {"SignatureDoesNotMatch", "InvalidSignatureException", "does not match", nil, func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260131T120001Z") }},
		"changed host":        {"SignatureDoesNotMatch", "InvalidSignatureException", "does not match", nil, func(r *http.Request) { r.Host = "example.com" }},
		"changed method":      {"SignatureDoesNotMatch", "InvalidSignatureException", "does not match", nil, func(r *http.Request) { r.Method = "PUT" }},
		"added to the query":  {"SignatureDoesNotMatch", "InvalidSignatureException", "does not match", nil, func(r *http.Request) { r.URL.RawQuery = "a=b" }},
		"changed body":        {"SignatureDoesNotMatch", "InvalidSignatureException", "does not match", nil, func(r *http.Request) { insert(r, ' ') }},
		"claimed hash of it":  {"SignatureDoesNotMatch", "InvalidSignatureException", "does not match", claim, func(r *http.Request) { insert(r, ' ') }},
	}
}

// TestRefusedRequests changes one thing about a good request, in both protocols.
func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	config := emulator.Config{Keys: []verify.Key{{ID: emulator.ExampleAccessKeyID, Secret: emulator.ExampleSecretAccessKey}, temporary(),
		{ID: "AKIAREVOKED", Secret: "revoked", Revoked: true}, {ID: "ASIAEXPIRED", Secret: "expired", SessionToken: "over", Expires: noon()}}}
	for name, c := range changes() {
		for _, p := range []struct {
			service, body, want string
			request             func(body string) *http.Request
			isJSON              bool
		}{
			{"elasticache", "Action=DescribeReplicationGroups&Version=2015-02-02", c.query, form, false},
			{"memorydb", "{}", c.json, func(b string) *http.Request { return object("AmazonMemoryDB.DescribeClusters", b) }, true},
		} {
			t.Run(p.service+" "+name, func(t *testing.T) {
				at(t, noon(), config, func(t *testing.T, s *emulator.Server) {
					g, r := signing{service: p.service}, p.request(p.body)
					if c.before != nil {
						c.before(&g, r)
					}
					g.sign(t, r, p.body)
					if c.after != nil {
						c.after(r)
					}
					status := http.StatusForbidden
					switch {
					case p.want == "":
						status = http.StatusOK
					case p.isJSON || p.want == "IncompleteSignature":
						status = http.StatusBadRequest
					}
					if a := ask(t, s, r); a.code != p.want || a.status != status || !strings.Contains(a.message, c.text) {
						t.Errorf("%+v, want %d %s with %q", a, status, p.want, c.text)
					}
				})
			})
		}
	}
}

// claim says in a header which hash the body has, as some clients do.
func claim(_ *signing, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set("X-Amz-Content-Sha256", fmt.Sprintf("%x", sha256.Sum256(body)))
}

// insert changes the body and neither its meaning nor the length that was signed, so that only its hash can tell.
func insert(r *http.Request, c byte) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(append(body, c)))
}

// TestClockOfSignatures moves the server's clock: what was signed before is older by it, what is signed afterwards is not, and
// credentials end.
func TestClockOfSignatures(t *testing.T) {
	t.Parallel()
	config := emulator.Config{Keys: []verify.Key{{ID: emulator.ExampleAccessKeyID, Secret: emulator.ExampleSecretAccessKey}, temporary()}}
	at(t, noon(), config, func(t *testing.T, s *emulator.Server) {
		const body = "Action=GetCallerIdentity&Version=2011-06-15"
		session := signing{service: "sts", Credentials: aws.Credentials{AccessKeyID: "ASIATEMPORARY", SecretAccessKey: "temporary", SessionToken: "session"}}
		old := signing{service: "sts"}.sign(t, form(body), body)
		s.Advance(15*time.Minute + time.Second)
		if a := ask(t, s, old); a.code != "SignatureDoesNotMatch" || !strings.Contains(a.message, "- 15 min.") {
			t.Errorf("signed before: %+v", a)
		}
		for _, g := range []signing{{service: "sts"}, {service: "sts", region: "us-east-1"}, session} {
			if a := query(t, s, g, "Action=GetCallerIdentity"); a.status != 200 {
				t.Errorf("signed afterwards: %+v", a)
			}
		}
		s.Advance(45 * time.Minute)
		if a := query(t, s, session, "Action=GetCallerIdentity"); a.code != "ExpiredToken" {
			t.Errorf("after the credentials' end: %+v", a)
		}
	})
}
