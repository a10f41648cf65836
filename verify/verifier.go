package verify

import (
	"time"

	"github.com/valetkey/valetkey"
)

const (
	defaultSkew    = 5 * time.Minute
	defaultMaxLife = maxExpires * time.Second
)

// A Verifier checks tokens. Its fields must not change while it is in use; then it is safe for concurrent use.
type Verifier struct {
	// Keys finds the key a token says it was signed with. Without it every key is unknown.
	Keys Keys
	// Skew is how far in the future a token may be dated; zero means 5 minutes, less than zero means none.
	// A token that was signed by a slow clock gets no extra life from it.
	Skew time.Duration
	// MaxLife caps the life of every token, to make 15 minutes pass in seconds in a test; zero means 15 minutes.
	// A token that asks for more than 900 seconds is refused whatever MaxLife is.
	MaxLife time.Duration
	// LenientResourceType accepts a token without ResourceType for a serverless cache. AWS documents
	// the parameter as required, and some clients are said to work without it.
	LenientResourceType bool
}

// A Want is what a token is held against.
type Want struct {
	// Target is the cache that was connected to, with the user name as it was sent with AUTH. The name is compared
	// in lower case, as AWS stores it; the user is compared as it is. Address and Plaintext do not count.
	Target valetkey.Target
	// At is the instant to verify at; zero means time.Now().
	At time.Time
}

// Claims is what a good token says, all of it verified.
type Claims struct {
	// AccessKeyID is the key that signed.
	AccessKeyID string
	// Name, User, Region, Service and Serverless are those of the target, which the token agrees with.
	Name, User, Region string
	Service            valetkey.Service
	Serverless         bool
	// SignedAt is X-Amz-Date, in UTC and whole seconds.
	SignedAt time.Time
	// ExpiresAt is the first instant at which the token is refused: the end of its life or of its credentials, if that is sooner.
	ExpiresAt time.Time
}

// Verify returns the claims of a good token. For any other it returns a [*Refusal] with the first check that failed, in the
// order of [Reasons]. The token is never part of the error.
func (v *Verifier) Verify(token string, want Want) (Claims, error) {
	want = want.normal()
	if r := want.incomplete(); r != nil {
		return Claims{}, r
	}
	t, problems := parse(token)
	if len(problems) > 0 {
		return Claims{}, problems[0]
	}
	a := attempt{Verifier: v, token: t, want: want}
	for _, check := range a.checks() {
		if r := check(); r != nil {
			return Claims{}, r
		}
	}
	return a.claims(), nil
}

func (v *Verifier) skew() time.Duration {
	if v.Skew == 0 {
		return defaultSkew
	}
	return max(v.Skew, 0)
}

func (v *Verifier) maxLife() time.Duration {
	if v.MaxLife == 0 {
		return defaultMaxLife
	}
	return v.MaxLife
}
