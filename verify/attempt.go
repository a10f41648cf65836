package verify

import (
	"crypto/subtle"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
)

// An attempt is one token that parsed well, on its way through the checks.
type attempt struct {
	*Verifier
	token
	want Want

	credential credential // set by checkScope
	signed     time.Time  // set by checkDate
	ends       time.Time  // set by checkExpires, brought forward by checkKey
	key        Key        // set by checkKey
}

// checks are in the order of the reasons.
func (a *attempt) checks() []func() *Refusal {
	return []func() *Refusal{
		a.checkForm, a.checkName, a.checkAction, a.checkUser, a.checkResourceType,
		a.checkScope, a.checkDate, a.checkExpires, a.checkKey, a.checkSessionToken, a.checkSignature,
	}
}

func (a *attempt) checkForm() *Refusal {
	if r := a.expect(pAlgorithm, algorithm, WrongAlgorithm); r != nil {
		return r
	}
	return a.expect(pSignedHeaders, "host", WrongSignedHeaders)
}

func (a *attempt) checkName() *Refusal {
	got, want := a.name, a.want.Target.Name
	switch {
	case got == want:
		return nil
	case strings.EqualFold(got, want):
		return refuse(NameCase, "got %s, want %q", a.quote(got), want)
	case looksLikeEndpoint(got):
		return refuse(NameIsEndpoint, "got %s, want %q", a.quote(got), want)
	}
	return refuse(WrongName, "got %s, want %q", a.quote(got), want)
}

// looksLikeEndpoint is true for what has a dot or a colon, which a name never has.
func looksLikeEndpoint(name string) bool { return strings.ContainsAny(name, ".:") }

func (a *attempt) checkAction() *Refusal { return a.expect(pAction, "connect", WrongAction) }

func (a *attempt) checkUser() *Refusal {
	got, want := a.get(pUser), a.want.Target.User
	switch {
	case got == want && got != "":
		return nil
	case got != want && strings.EqualFold(got, want):
		return refuse(UserCase, "got %s, AUTH sent %q", a.quote(got), want)
	}
	return refuse(WrongUser, "got %s, AUTH sent %q", a.quote(got), want)
}

func (a *attempt) checkResourceType() *Refusal {
	present := a.has(pResourceType)
	switch {
	case !a.want.Target.Serverless && present:
		return refuse(ResourceTypeUnexpected, "got %s, want none", a.quote(a.get(pResourceType)))
	case !a.want.Target.Serverless || !present && a.LenientResourceType:
		return nil
	case !present:
		return refuse(ResourceTypeMissing, "got none, want %q", serverlessCache)
	}
	return a.expect(pResourceType, serverlessCache, ResourceTypeWrong)
}

func (a *attempt) checkScope() *Refusal {
	c, r := a.token.credential()
	if r != nil {
		return r
	}
	a.credential = c
	if r := a.scopeDate(c); r != nil {
		return r
	}
	if want := a.want.Target.Region; c.region != want {
		return refuse(WrongRegion, "got %s, want %q", a.quote(c.region), want)
	}
	if want := a.want.Target.Service; valetkey.Service(c.service) != want {
		return refuse(WrongService, "got %s, want %q", a.quote(c.service), want)
	}
	return a.terminator(c)
}

func (a *attempt) checkDate() (r *Refusal) {
	if a.signed, r = a.signedAt(); r != nil {
		return r
	}
	return tooEarly(a.signed, a.want.At, a.skew())
}

// tooEarly refuses a token from the future.
func tooEarly(signed, at time.Time, skew time.Duration) *Refusal {
	if signed.After(at.Add(skew)) {
		return refuse(FromFuture, "signed at %s, now it is %s, %v of skew allowed", clock(signed), clock(at), skew)
	}
	return nil
}

func (a *attempt) checkExpires() *Refusal {
	seconds, r := a.expires()
	if r != nil {
		return r
	}
	a.ends = a.signed.Add(min(time.Duration(seconds)*time.Second, a.maxLife()))
	return tooLate(a.ends, a.want.At)
}

// tooLate refuses a token whose life is over.
func tooLate(ends, at time.Time) *Refusal {
	if !at.Before(ends) {
		return refuse(Expired, "ended at %s, now it is %s", clock(ends), clock(at))
	}
	return nil
}

func (a *attempt) checkKey() *Refusal {
	id := a.credential.key
	key, found := Key{}, false
	if a.Keys != nil {
		key, found = a.Keys.Key(id)
	}
	switch {
	case !found:
		return refuse(UnknownKey, "%s", a.showKey(id))
	case key.Revoked:
		return refuse(RevokedKey, "%s", a.showKey(id))
	case !key.Expires.IsZero() && !a.want.At.Before(key.Expires):
		return refuse(CredentialsExpired, "%s ended at %s, now it is %s", a.showKey(id), clock(key.Expires), clock(a.want.At))
	case key.Secret == "": // anybody could sign with that
		return refuse(UnknownKey, "%s has no secret here", a.showKey(id))
	}
	if !key.Expires.IsZero() && key.Expires.Before(a.ends) {
		a.ends = key.Expires
	}
	a.key = key
	return nil
}

func (a *attempt) checkSessionToken() *Refusal {
	got, want := a.get(pSecurityToken), a.key.SessionToken
	present, temporary := a.has(pSecurityToken), want != ""
	switch {
	case temporary && !present:
		return refuse(SessionTokenMissing, "access key %s is temporary", a.showKey(a.credential.key))
	case !temporary && present:
		return refuse(SessionTokenUnexpected, "access key %s is a long-term key", a.showKey(a.credential.key))
	case subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1:
		return refuse(SessionTokenWrong, "got %d characters, want %d", len(got), len(want))
	}
	return nil
}

func (a *attempt) checkSignature() *Refusal {
	if r := a.signatureForm(); r != nil {
		return r
	}
	q := request{
		secret: a.key.Secret, host: a.want.Target.Name, region: a.want.Target.Region, service: string(a.want.Target.Service),
		date: a.get(pDate), payload: emptyHash, params: a.params,
	}
	if a.signedAs(q) {
		return nil
	}
	return refuse(SignatureMismatch, "%s", a.explain(q))
}

func (a *attempt) signedAs(q request) bool {
	return subtle.ConstantTimeCompare([]byte(a.get(pSignature)), []byte(q.signature())) == 1
}

// explain tries the two mistakes that a wrong signature can be told from.
func (a *attempt) explain(q request) string {
	if a.has(pSecurityToken) && a.signedAs(q.without(pSecurityToken)) {
		return "the session token was added after signing; it must be signed"
	}
	q.payload = unsignedPayload
	if a.signedAs(q) {
		return "signed with the payload " + unsignedPayload + "; sign the SHA-256 of an empty body"
	}
	return "the secret access key or what was signed differs"
}

func (a *attempt) claims() Claims {
	t := a.want.Target
	return Claims{
		AccessKeyID: a.credential.key, Name: t.Name, User: t.User, Region: t.Region, Service: t.Service,
		Serverless: t.Serverless, SignedAt: a.signed, ExpiresAt: a.ends,
	}
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }
