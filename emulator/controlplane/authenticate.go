package controlplane

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/valetkey/valetkey/verify"
)

const mismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// authenticate checks a request's signature and returns the caller. Of a request for no known service the scope's own
// name is taken, so that a client hears that the action is unknown only when its signature is good.
func authenticate(b Backend, q *request, s service, known bool) (caller, *fault) {
	a, err := parseAuthorization(q.Header.Get("Authorization"))
	if err != nil {
		return caller{}, err
	}
	if !known {
		s = service{name: a.service, skew: 5 * time.Minute, regions: func(Cache) []string { return []string{a.region} }}
	}
	key, err := credentials(b, a.key, q.Header.Values("X-Amz-Security-Token"))
	if err != nil {
		return caller{}, err
	}
	principal, ok := b.Caller(a.key)
	if !ok {
		return caller{}, invalidToken()
	}
	for _, check := range []func() *fault{
		func() *fault { return a.checkScope(s, s.regions(b.Cache())) },
		func() *fault { return a.checkDate(q.Header.Get("X-Amz-Date"), b.Age, s.skew) },
		func() *fault { return a.checkHeaders(q) },
		func() *fault { return a.checkSignature(q, key.Secret) },
	} {
		if err := check(); err != nil {
			return caller{}, err
		}
	}
	return caller{principal, a.key}, nil
}

// credentials finds the access key, and holds the session token against it. A temporary key without its token, or with another,
// is an unknown one (reported).
func credentials(b Backend, id string, tokens []string) (verify.Key, *fault) {
	key, ok := b.Key(id)
	token := strings.Join(tokens, ",")
	switch {
	case !ok || key.Revoked || key.Secret == "":
		return key, invalidToken()
	case subtle.ConstantTimeCompare([]byte(token), []byte(key.SessionToken)) != 1:
		return key, invalidToken()
	case !key.Expires.IsZero() && !time.Now().Before(key.Expires):
		return key, expiredToken()
	}
	return key, nil
}

func (a *authorization) checkScope(s service, regions []string) *fault {
	switch {
	case a.end != terminator:
		return badSignature("Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, printable(a.end))
	case a.service != s.name:
		return badSignature("Credential should be scoped to correct service: '%s'.", s.name)
	case !slices.Contains(regions, a.region):
		return badSignature("Credential should be scoped to a valid region, not '%s'.", printable(a.region))
	}
	return nil
}

// checkDate holds the date of the request against the scope's and against the clock.
func (a *authorization) checkDate(date string, age func(time.Time) time.Duration, skew time.Duration) *fault {
	signed, err := time.Parse(dateLayout, date)
	if err != nil || signed.Format(dateLayout) != date {
		return incompleteSignature("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", printable(date))
	}
	if day := date[:8]; a.day != day {
		return badSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			printable(a.day), day, date)
	}
	old := age(signed)
	now := signed.Add(old)
	stamp := func(t time.Time) string { return t.UTC().Format(dateLayout) }
	switch {
	case old > skew:
		return badSignature("Signature expired: %s is now earlier than %s (%s - %.0f min.)", date, stamp(now.Add(-skew)), stamp(now), skew.Minutes())
	case old < -skew:
		return badSignature("Signature not yet current: %s is still later than %s (%s + %.0f min.)", date, stamp(now.Add(skew)), stamp(now), skew.Minutes())
	}
	return nil
}

// checkHeaders wants what gives a request its meaning to be signed: its host, and every X-Amz header that it has.
func (a *authorization) checkHeaders(q *request) *fault {
	if !slices.Contains(a.headers, "host") {
		return badSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range q.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !slices.Contains(a.headers, lower) {
			return badSignature("'%s' must be a 'SignedHeader' in the AWS Authorization.", lower)
		}
	}
	return nil
}

func (a *authorization) checkSignature(q *request, secret string) *fault {
	want := verify.Signature(secret, q.Header.Get("X-Amz-Date"), a.region, a.service, q.canonical(a.headers))
	if subtle.ConstantTimeCompare([]byte(want), []byte(a.signature)) != 1 {
		return badSignature(mismatch)
	}
	return nil
}
