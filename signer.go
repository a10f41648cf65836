package valetkey

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Limits of a token and the defaults of a Signer.
const (
	maxLife        = 15 * time.Minute // what AWS documents and all of its own clients use
	maxFloor       = 30 * time.Second
	defaultTimeout = 10 * time.Second
)

// A Signer is a [Source] that signs a new token for every call. Signing needs no network; the credentials are asked from the
// provider each time, so give it one that caches, such as [aws.CredentialsCache] (aws.Config.Credentials is one).
// [Reuse] keeps a token for a short while on top.
//
// It is safe for concurrent use as long as its fields are left alone.
type Signer struct {
	// Target is the cache and the user that tokens are for.
	Target Target
	// Credentials is asked for the credentials of every token.
	Credentials aws.CredentialsProvider
	// Life is how long a token is good, in whole seconds; 0 means 15 minutes, which is also the most that AWS accepts.
	// A token is never made to outlive the credentials that sign it, because AWS refuses it as soon as they have expired.
	Life time.Duration
	// Floor is the least life that a token is handed out with; 0 means 30 seconds, or about half the Life if that is less
	// (half of what remains after rounding to seconds). Credentials with less than that left are invalidated and fetched once more.
	Floor time.Duration
	// Timeout bounds the wait for credentials in one call; 0 means 10 seconds. A provider that ignores its context is left behind.
	Timeout time.Duration
}

// NewSigner returns a Signer for a target, which it validates and lower-cases.
func NewSigner(t Target, creds aws.CredentialsProvider) (*Signer, error) {
	t, err := t.normal()
	if err != nil {
		return nil, err
	}
	if creds == nil {
		return nil, signError(t, errNoProvider)
	}
	return &Signer{Target: t, Credentials: creds}, nil
}

// Token signs a new token. Errors are [Error]s with the reason [InvalidTarget] or [CredentialsUnavailable]; what the provider or
// ctx said can be found in them with errors.Is and errors.As.
func (s *Signer) Token(ctx context.Context) (Token, error) {
	t, _, err := s.renew(ctx, identity{})
	return t, err
}

// renew signs a new token, unless the credentials are still the old ones: then it returns no token and their identity.
func (s *Signer) renew(ctx context.Context, old identity) (Token, identity, error) {
	target, err := s.Target.normal()
	if err != nil {
		return Token{}, identity{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, positive(s.Timeout, defaultTimeout))
	defer cancel()
	c, err := s.retrieve(ctx)
	if err != nil {
		return Token{}, identity{}, signError(target, err)
	}
	if identityOf(c) == old {
		return Token{}, old, nil
	}
	t, c, err := s.mint(ctx, target, c)
	if err != nil {
		return Token{}, identity{}, signError(target, err)
	}
	return t, identityOf(c), nil
}

// mint signs with c, or with newer credentials if c is about to expire.
func (s *Signer) mint(ctx context.Context, target Target, c aws.Credentials) (Token, aws.Credentials, error) {
	p := s.plan(c)
	if cache, ok := s.Credentials.(interface{ Invalidate() }); ok && s.tooShort(p) {
		cache.Invalidate()
		var err error
		if c, err = s.retrieve(ctx); err != nil {
			return Token{}, c, err
		}
		p = s.plan(c)
	}
	if s.tooShort(p) {
		return Token{}, c, s.belowFloor(c, p.left)
	}
	t, err := presign(ctx, target, c, p.signed, p.life)
	return t, c, err
}

// tooShort also refuses a life below a second, which X-Amz-Expires cannot express.
func (s *Signer) tooShort(p plan) bool { return p.life < time.Second || p.left < s.floor() }

func (s *Signer) belowFloor(c aws.Credentials, left time.Duration) error {
	if !c.CanExpire || s.life() < s.floor() {
		return fmt.Errorf("the floor of %v is more than a token's life of %v: lower the floor", s.floor(), s.life())
	}
	return fmt.Errorf("a token would live %v, which is less than the floor of %v or than a second, because the credentials expire at %s: fetch newer ones",
		max(left, 0), s.floor(), c.Expires.UTC().Format(time.RFC3339))
}

// A plan is when to sign, for how many whole seconds, and what is left of them. AWS's dates have no fractions, so the time
// is cut to the second, and what is cut off is life lost.
type plan struct {
	signed     time.Time
	life, left time.Duration
}

func (s *Signer) plan(c aws.Credentials) plan {
	now := wallNow().UTC()
	p := plan{signed: now.Truncate(time.Second), life: s.life()}
	if c.CanExpire {
		p.life = min(p.life, c.Expires.Round(0).Sub(p.signed).Truncate(time.Second))
	}
	p.left = p.signed.Add(p.life).Sub(now)
	return p
}

func (s *Signer) life() time.Duration {
	return max(min(positive(s.Life, maxLife), maxLife).Truncate(time.Second), time.Second)
}

// floor leaves out the second that cutting the time can cost, so that the shortest lives are possible.
func (s *Signer) floor() time.Duration {
	return positive(s.Floor, min(maxFloor, (s.life()-time.Second)/2))
}

func signError(t Target, err error) error {
	return &Error{Op: "sign a token for", Subject: t.String(), Reason: CredentialsUnavailable, Err: err}
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
