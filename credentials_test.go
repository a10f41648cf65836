package valetkey

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// provider is a credentials provider whose answers a test sets.
type provider struct {
	mu          sync.Mutex
	creds       aws.Credentials
	err         error
	calls       int
	invalidated int
	before      func(context.Context)  // runs before each answer, outside the lock
	refresh     func(*aws.Credentials) // runs on Invalidate
}

func (p *provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.mu.Lock()
	before := p.before
	p.mu.Unlock()
	if before != nil {
		before(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	return p.creds, p.err
}

func (p *provider) set(c aws.Credentials, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.creds, p.err = c, err
}

func (p *provider) slow(before func(context.Context)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = before
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// cachingProvider is a provider with the Invalidate method of the SDK's cache.
type cachingProvider struct{ provider }

func (p *cachingProvider) Invalidate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.invalidated++
	if p.refresh != nil {
		p.refresh(&p.creds)
	}
}

func keys(id string) aws.Credentials {
	return aws.Credentials{AccessKeyID: id, SecretAccessKey: "fakeSecretKey"}
}

var staticCreds = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys("fakeAccessKeyId"), nil })
