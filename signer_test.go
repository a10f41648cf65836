package valetkey

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// at runs f in a bubble whose clock shows the given time.
func at(t *testing.T, when time.Time, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(when))
		f(t)
	})
}

var newYear = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// sign returns a signer's token and its parameters.
func sign(t *testing.T, s *Signer) (Token, string, url.Values) {
	t.Helper()
	token, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	host, query, _ := strings.Cut(token.Secret(), "/?")
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return token, host, q
}

// The vectors are those of AWS's own demo application for ElastiCache (elasticache-iam-auth-demo-app, IAMAuthTokenRequestTest).
func TestGoldenVectors(t *testing.T) {
	target := Target{Name: "my-replication-group-id", User: "my-user-id", Region: "eu-west-1"}
	for session, signature := range map[string]string{
		"":                 "9e361603d85874bce06114c6644725ed113e3b11ae6fa92efdf10c6bcf5de8d7",
		"fakeSessionToken": "bbce2bd61bd78461297ecb92e7001ddbeab2d85906c3cbedad6c9b81fb3466dc",
	} {
		at(t, newYear, func(t *testing.T) {
			creds := keys("fakeAccessKeyId")
			creds.SessionToken = session
			s, err := NewSigner(target, &provider{creds: creds})
			if err != nil {
				t.Fatal(err)
			}
			token, host, q := sign(t, s)
			if got := q.Get("X-Amz-Signature"); got != signature {
				t.Errorf("session token %q: signature %s, want %s", session, got, signature)
			}
			if host != target.Name || token.User() != target.User || !token.Expires().Equal(newYear.Add(15*time.Minute)) {
				t.Errorf("host %s, %v", host, token)
			}
		})
	}
}

// A token has exactly the parameters that AWS documents, and the scheme is not part of it.
func TestTokenForm(t *testing.T) {
	const common = "Action=connect&%sUser=app&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%%2F20250101%%2Feu-west-1%%2F%s%%2Faws4_request" +
		"&X-Amz-Date=20250101T000000Z&X-Amz-Expires=900&X-Amz-Security-Token=a%%2Fb%%2Bc%%3D&X-Amz-SignedHeaders=host&X-Amz-Signature="
	form := func(resource, service string) string {
		return "orders/?" + strings.NewReplacer("%%", "%").Replace(strings.Replace(strings.Replace(common, "%s", resource, 1), "%s", service, 1))
	}
	for want, target := range map[string]Target{
		form("", "elasticache"):                              with(func(t *Target) { t.Name, t.User = "Orders", "APP" }),
		form("", "memorydb"):                                 with(func(t *Target) { t.Service = MemoryDB }),
		form("ResourceType=ServerlessCache&", "elasticache"): with(func(t *Target) { t.Serverless = true }),
	} {
		at(t, newYear.Add(999*time.Millisecond), func(t *testing.T) {
			creds := keys("AKID")
			creds.SessionToken = "a/b+c="
			token, _, _ := sign(t, &Signer{Target: target, Credentials: &provider{creds: creds}})
			got := token.Secret()
			if len(got) != len(want)+64 || !strings.HasPrefix(got, want) {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

// A token must not outlive its credentials, and the least life it is handed out with is the floor, to the nanosecond.
func TestExpiry(t *testing.T) {
	const ns = time.Nanosecond
	for _, c := range []struct {
		name        string
		life, floor time.Duration
		left        time.Duration // of the credentials; 0 means that they do not expire
		want        time.Duration // life of the token; 0 means an error
	}{
		{"defaults", 0, 0, 0, 15 * time.Minute},
		{"more than AWS accepts", time.Hour, 0, 0, 15 * time.Minute},
		{"shorter life", 90*time.Second + 900*time.Millisecond, 0, 0, 90 * time.Second},
		{"less than a second", time.Millisecond, 0, 0, time.Second},
		{"credentials outlive the token", 0, 0, 15 * time.Minute, 15 * time.Minute},
		{"one ns less", 0, 0, 15*time.Minute - ns, 15*time.Minute - time.Second},
		{"default floor", 0, 0, 30 * time.Second, 30 * time.Second},
		{"below it", 0, 0, 30*time.Second - ns, 0},
		{"half a short life", 11 * time.Second, 0, 5 * time.Second, 5 * time.Second},
		{"below half", 11 * time.Second, 0, 5*time.Second - ns, 0},
		{"own floor", 0, 2 * time.Minute, 2 * time.Minute, 2 * time.Minute},
		{"below own floor", 0, 2 * time.Minute, 2*time.Minute - ns, 0},
		{"floor above the life", time.Minute, 2 * time.Minute, 0, 0},
		{"expired", 0, time.Nanosecond, -ns, 0},
		{"shortest life, half of it left", time.Second, 0, time.Second / 2, 0},
		{"expire now", 0, time.Nanosecond, ns, 0},
	} {
		at(t, newYear, func(t *testing.T) {
			creds := keys("AKID")
			if creds.CanExpire = c.left != 0; creds.CanExpire {
				creds.Expires = time.Now().Add(c.left)
			}
			s := &Signer{Target: valid, Credentials: &provider{creds: creds}, Life: c.life, Floor: c.floor}
			token, err := s.Token(t.Context())
			if c.want == 0 {
				if !errors.Is(err, CredentialsUnavailable) || !strings.Contains(err.Error(), "floor") || token.Secret() != "" {
					t.Errorf("%s: %v, %v", c.name, token, err)
				}
				return
			}
			if err != nil || token.Expires().Sub(newYear) != c.want {
				t.Errorf("%s: %v, %v; want it to live %v", c.name, token, err, c.want)
			}
			_, _, q := sign(t, s)
			if d, err := time.ParseDuration(q.Get("X-Amz-Expires") + "s"); err != nil || d != c.want {
				t.Errorf("%s: X-Amz-Expires is %v, want %v", c.name, d, c.want)
			}
		})
	}
}

// The time signed has no fractions: within a second the token is the same, and it lives to the full second.
func TestSignedTimeIsCut(t *testing.T) {
	at(t, newYear.Add(999_999_999), func(t *testing.T) {
		token, _, q := sign(t, &Signer{Target: valid, Credentials: staticCreds})
		if q.Get("X-Amz-Date") != "20250101T000000Z" || !token.Expires().Equal(newYear.Add(15*time.Minute)) {
			t.Errorf("%v, signed %s", token, q.Get("X-Amz-Date"))
		}
		time.Sleep(time.Nanosecond)
		if _, _, q := sign(t, &Signer{Target: valid, Credentials: staticCreds}); q.Get("X-Amz-Date") != "20250101T000001Z" {
			t.Errorf("signed %s", q.Get("X-Amz-Date"))
		}
	})
}

// Credentials about to expire are invalidated once and fetched again before anything is signed.
func TestFetchesNewCredentialsFirst(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		p := &cachingProvider{}
		p.creds = keys("OLD")
		p.creds.CanExpire, p.creds.Expires = true, time.Now().Add(29*time.Second)
		p.refresh = func(c *aws.Credentials) { c.AccessKeyID, c.Expires = "NEW", time.Now().Add(time.Hour) }
		token, _, q := sign(t, &Signer{Target: valid, Credentials: p})
		if !strings.HasPrefix(q.Get("X-Amz-Credential"), "NEW/") || !token.Expires().Equal(newYear.Add(15*time.Minute)) {
			t.Errorf("%v by %s", token, q.Get("X-Amz-Credential"))
		}
		if p.invalidated != 1 || p.calls != 2 {
			t.Errorf("%d invalidations, %d calls; want 1 and 2", p.invalidated, p.calls)
		}
		p.refresh = nil
		p.creds.Expires = time.Now().Add(29 * time.Second)
		if _, err := (&Signer{Target: valid, Credentials: p}).Token(t.Context()); !errors.Is(err, CredentialsUnavailable) {
			t.Errorf("credentials that stay old: %v", err)
		}
		if p.invalidated != 2 || p.calls != 4 {
			t.Errorf("%d invalidations, %d calls; want 2 and 4", p.invalidated, p.calls)
		}
	})
}

// The real cache of the SDK is refreshed in the same way.
func TestFetchesNewCredentialsThroughTheCache(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		p := &provider{}
		expire := func(left time.Duration) {
			c := keys("AKID")
			c.CanExpire, c.Expires = true, time.Now().Add(left)
			p.set(c, nil)
		}
		expire(time.Hour)
		s := &Signer{Target: valid, Credentials: aws.NewCredentialsCache(p)}
		sign(t, s)
		time.Sleep(time.Hour - 10*time.Second)
		expire(2 * time.Hour)
		if token, _, _ := sign(t, s); time.Until(token.Expires()) != 15*time.Minute || p.count() != 2 {
			t.Errorf("%v after %d calls", token, p.count())
		}
	})
}

// Every token asks the provider, so that rotated credentials and a corrected secret are used at once.
func TestAsksTheProviderEachTime(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		p := &provider{creds: keys("ONE")}
		s := &Signer{Target: valid, Credentials: p}
		first, _, _ := sign(t, s)
		p.set(aws.Credentials{AccessKeyID: "ONE", SecretAccessKey: "corrected"}, nil)
		if second, _, _ := sign(t, s); second.Secret() == first.Secret() {
			t.Error("a corrected secret makes the same signature")
		}
		p.set(keys("TWO"), nil)
		if _, _, q := sign(t, s); !strings.HasPrefix(q.Get("X-Amz-Credential"), "TWO/") {
			t.Errorf("signed by %s", q.Get("X-Amz-Credential"))
		}
	})
}

func TestNoCredentials(t *testing.T) {
	down := errors.New("metadata service is down")
	for name, p := range map[string]aws.CredentialsProvider{
		"none":      nil,
		"empty":     &provider{},
		"no secret": &provider{creds: aws.Credentials{AccessKeyID: "AKID"}},
		"no key":    &provider{creds: aws.Credentials{SecretAccessKey: "s"}},
		"failing":   &provider{err: down},
		"both":      &provider{creds: keys("AKID"), err: down},
		"cached":    aws.NewCredentialsCache(&provider{err: down}),
		"anonymous": aws.AnonymousCredentials{},
	} {
		token, err := (&Signer{Target: valid, Credentials: p}).Token(t.Context())
		if !errors.Is(err, CredentialsUnavailable) || token.Secret() != "" {
			t.Errorf("%s: %v, %v", name, token, err)
		}
		if name == "failing" && !errors.Is(err, down) {
			t.Errorf("%s: %v does not wrap the provider's error", name, err)
		}
	}
	if _, err := NewSigner(valid, nil); !errors.Is(err, CredentialsUnavailable) {
		t.Errorf("NewSigner without a provider: %v", err)
	}
	if _, err := (&Signer{Credentials: staticCreds}).Token(t.Context()); !errors.Is(err, InvalidTarget) {
		t.Errorf("a signer without a target: %v", err)
	}
}

// The floor is about the life that is really left, so the fraction of a second that the date leaves out counts.
func TestFloorCountsFractions(t *testing.T) {
	at(t, newYear.Add(1), func(t *testing.T) {
		c := keys("AKID")
		c.CanExpire, c.Expires = true, newYear.Add(30*time.Second)
		p := &provider{creds: c}
		if _, err := (&Signer{Target: valid, Credentials: p}).Token(t.Context()); !errors.Is(err, CredentialsUnavailable) {
			t.Errorf("30 s less 1 ns: %v", err)
		}
		time.Sleep(time.Second - 2)
		for _, life := range []time.Duration{time.Second, 2 * time.Second} {
			if _, err := (&Signer{Target: valid, Credentials: p, Life: life}).Token(t.Context()); err != nil {
				t.Errorf("a life of %v at the end of a second: %v", life, err)
			}
		}
	})
}

// A provider that ignores its context holds nobody up for longer than the timeout or the caller's context.
func TestHangingProvider(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		hang := &provider{creds: keys("AKID"), before: func(context.Context) { <-release }}
		for want, s := range map[time.Duration]*Signer{
			10 * time.Second: {Target: valid, Credentials: hang},
			2 * time.Second:  {Target: valid, Credentials: hang, Timeout: 2 * time.Second},
		} {
			start := time.Now()
			if _, err := s.Token(t.Context()); !errors.Is(err, CredentialsUnavailable) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != want {
				t.Errorf("%v after %v, want %v", err, time.Since(start), want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := (&Signer{Target: valid, Credentials: hang}).Token(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestCancelledCaller(t *testing.T) {
	at(t, newYear, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		s := &Signer{Target: valid, Credentials: &provider{before: func(context.Context) { <-release }}}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, CredentialsUnavailable) {
			t.Error(err)
		}
	})
}
