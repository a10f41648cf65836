package valetkey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var errNoProvider = errors.New("no credentials provider is set: use aws.Config.Credentials of a loaded config")

// identity tells credentials apart. The zero identity belongs to none.
type identity struct{ accessKey, sessionToken string }

func identityOf(c aws.Credentials) identity { return identity{c.AccessKeyID, c.SessionToken} }

// peek returns the identity that would sign now if that can be told at once and without allocating. Only the SDK's cache is
// known to answer from memory, and, with a context that is over, to answer at once in any case.
func (s *Signer) peek() (identity, bool) {
	cache, ok := s.Credentials.(*aws.CredentialsCache)
	if !ok || cache == nil {
		return identity{}, false
	}
	c, err := cache.Retrieve(over{})
	return identityOf(c), err == nil
}

// retrieve asks the provider and stops waiting when ctx is over, even if the provider does not.
func (s *Signer) retrieve(ctx context.Context) (aws.Credentials, error) {
	if s.Credentials == nil {
		return aws.Credentials{}, errNoProvider
	}
	type answer struct {
		c   aws.Credentials
		err error
	}
	got := make(chan answer, 1)
	go func() {
		c, err := s.Credentials.Retrieve(ctx)
		got <- answer{c, err}
	}()
	select {
	case a := <-got:
		return a.c, usable(a.c, a.err)
	case <-ctx.Done():
		return aws.Credentials{}, fmt.Errorf("the credentials provider has not answered: %w", ctx.Err())
	}
}

// usable refuses the empty credentials that a broken provider returns without an error: they would sign a worthless token.
func usable(c aws.Credentials, err error) error {
	if err != nil {
		return err
	}
	if !c.HasKeys() {
		return errors.New("the credentials provider returned an empty access key or secret")
	}
	return nil
}

// over is a context that has ended. It carries nothing, so that a provider may keep it.
type over struct{}

func (over) Deadline() (time.Time, bool) { return time.Time{}, false }
func (over) Done() <-chan struct{}       { return closed }
func (over) Err() error                  { return context.Canceled }
func (over) Value(any) any               { return nil }

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
