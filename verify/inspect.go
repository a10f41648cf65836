package verify

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// An Inspection is what a token says about itself, unverified, and without its secrets: of the signature and the session
// token it holds the lengths alone. What the token does not say is zero.
type Inspection struct {
	// Name is what was signed as the host; Service and Region are those of the credential scope.
	Name    string `json:"name"`
	Service string `json:"service"`
	Region  string `json:"region"`
	// User is the name to send with AUTH.
	User string `json:"user"`
	// Serverless says that ResourceType is ServerlessCache.
	Serverless bool `json:"serverless"`
	// AccessKeyID is the key that the token says it was signed with.
	AccessKeyID string `json:"access_key_id"`
	// SignedAt is X-Amz-Date.
	SignedAt time.Time `json:"signed_at,omitzero"`
	// ExpiresSeconds is X-Amz-Expires as it stands.
	ExpiresSeconds int `json:"expires_seconds"`
	// ExpiresAt is SignedAt plus ExpiresSeconds; the token dies earlier if its credentials do, which it does not say.
	// It is zero when either of the two is no good.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// SessionTokenLength and SignatureLength are in bytes; 0 means absent.
	SessionTokenLength int `json:"session_token_length"`
	SignatureLength    int `json:"signature_length"`
	// Size is the length of the token in bytes.
	Size int `json:"size"`
	// Problems are all faults that can be seen without a key and without knowing the cache. None does not mean that a cache
	// will accept the token.
	Problems []Problem `json:"problems"`
}

// A Problem is a fault that [Inspect] found.
type Problem struct {
	// Reason and Detail are those of the Refusal that Verify would give.
	Reason Reason `json:"reason"`
	Detail string `json:"detail"`
	// Hint says what to do about it.
	Hint string `json:"hint"`
}

// Inspect explains a token at the present time. It goes on after a fault as far as it can. Only for what is no token at all
// does it return an error, a [*Refusal] with the first problem.
func Inspect(token string) (Inspection, error) {
	in := inspection{Inspection: Inspection{Size: len(token), Problems: []Problem{}}, now: time.Now()}
	trimmed := strings.TrimSpace(token)
	if trimmed != token {
		in.problem(refuse(Malformed, "there is white space around the token"))
	}
	t, problems := parse(trimmed)
	if !slices.ContainsFunc(t.params, func(p param) bool { return known(p.name) }) {
		r := append(problems, refuse(Malformed, "it has none of a token's parameters"))[0]
		in.problem(r)
		return in.Inspection, r
	}
	for _, p := range problems {
		in.problem(p)
	}
	in.read(&t)
	return in.Inspection, nil
}

// An inspection is an Inspection in the making.
type inspection struct {
	Inspection
	now time.Time
}

// problem notes a fault, if it is one.
func (in *inspection) problem(r *Refusal) {
	if r != nil {
		in.Problems = append(in.Problems, Problem{r.Reason, r.Detail, r.Hint()})
	}
}

// read fills in what the token says and notes what is wrong with it, in the order of the checks. A parameter that
// is absent has been noted already.
func (in *inspection) read(t *token) {
	in.SignatureLength = len(t.get(pSignature))
	in.SessionTokenLength = len(t.get(pSecurityToken))
	for _, part := range []struct {
		name string
		read func(*token)
	}{
		{pAlgorithm, func(t *token) { in.problem(t.expect(pAlgorithm, algorithm, WrongAlgorithm)) }},
		{pSignedHeaders, func(t *token) { in.problem(t.expect(pSignedHeaders, "host", WrongSignedHeaders)) }},
		{"", in.readName},
		{pAction, func(t *token) { in.problem(t.expect(pAction, "connect", WrongAction)) }},
		{pUser, in.readUser},
		{pResourceType, in.readResourceType},
		{pCredential, in.readCredential},
		{pDate, in.readDate},
		{pExpires, in.readExpires},
		{pCredential, in.readKeyKind},
		{pSignature, func(t *token) { in.problem(t.signatureForm()) }},
	} {
		if part.name == "" || t.has(part.name) {
			part.read(t)
		}
	}
}

// plainName is the form of a name, of either service (AWS's developer toolkit for ElastiCache).
var plainName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func (in *inspection) readName(t *token) {
	in.Name = t.show(t.name)
	switch {
	case looksLikeEndpoint(t.name):
		in.problem(refuse(NameIsEndpoint, "got %s", t.quote(t.name)))
	case t.name != strings.ToLower(t.name):
		in.problem(refuse(NameCase, "got %s, want lower case", t.quote(t.name)))
	case !plainName.MatchString(t.name):
		in.problem(refuse(WrongName, "got %s, want letters, digits and single hyphens", t.quote(t.name)))
	}
}

func (in *inspection) readUser(t *token) {
	user := t.get(pUser)
	in.User = t.show(user)
	if user == "" {
		in.problem(refuse(WrongUser, "it is empty"))
	}
	if user != strings.ToLower(user) {
		in.problem(refuse(UserCase, "got %s, want lower case", t.quote(user)))
	}
}

func (in *inspection) readResourceType(t *token) {
	r := t.expect(pResourceType, serverlessCache, ResourceTypeWrong)
	in.Serverless = r == nil
	in.problem(r)
	if c, _ := t.credential(); c.service == "memorydb" {
		in.problem(refuse(ResourceTypeUnexpected, "MemoryDB has no serverless caches"))
	}
}

func (in *inspection) readCredential(t *token) {
	c, r := t.credential()
	in.Service, in.Region = t.show(c.service), t.show(c.region)
	in.AccessKeyID = t.showKey(c.key)
	if r != nil {
		in.problem(r)
		return
	}
	in.problem(t.scopeDate(c))
	if c.service != "elasticache" && c.service != "memorydb" {
		in.problem(refuse(WrongService, "got %s, want \"elasticache\" or \"memorydb\"", t.quote(c.service)))
	}
	in.problem(t.terminator(c))
}

func (in *inspection) readDate(t *token) {
	signed, r := t.signedAt()
	if r != nil {
		in.problem(r)
		return
	}
	in.SignedAt = signed
	in.problem(tooEarly(signed, in.now, defaultSkew))
}

// readExpires comes after readDate.
func (in *inspection) readExpires(t *token) {
	seconds, r := t.expires()
	in.ExpiresSeconds = seconds
	in.problem(r)
	if seconds < 1 || seconds > 7*24*3600 || in.SignedAt.IsZero() { // 7 days is the most of Signature Version 4
		return
	}
	ends := in.SignedAt.Add(time.Duration(seconds) * time.Second)
	if ends.Year() > 9999 { // has no form in JSON
		return
	}
	in.ExpiresAt = ends
	in.problem(tooLate(ends, in.now))
}

// readKeyKind holds the kind of the access key against the session token: AKIA begins long-term
// keys and ASIA temporary ones (documented by IAM). Other beginnings say nothing.
func (in *inspection) readKeyKind(t *token) {
	c, _ := t.credential()
	switch {
	case strings.HasPrefix(c.key, "ASIA") && !t.has(pSecurityToken):
		in.problem(refuse(SessionTokenMissing, "an access key that begins with ASIA is temporary"))
	case strings.HasPrefix(c.key, "AKIA") && t.has(pSecurityToken):
		in.problem(refuse(SessionTokenUnexpected, "an access key that begins with AKIA is a long-term key"))
	}
}
