package emulator

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/valetkey/valetkey/verify"
)

// keyring holds the access keys that exist; safe for concurrent use. It is the verifier's [verify.Keys].
type keyring struct {
	mu    sync.RWMutex
	byID  map[string]verify.Key
	order []string
}

// Key returns the access key with that id.
func (k *keyring) Key(id string) (verify.Key, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	key, ok := k.byID[id]
	return key, ok
}

func (k *keyring) put(key verify.Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byID == nil {
		k.byID = map[string]verify.Key{}
	}
	if _, known := k.byID[key.ID]; !known {
		k.order = append(k.order, key.ID)
	}
	k.byID[key.ID] = key
}

func (k *keyring) revoke(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.byID[id]
	if ok {
		key.Revoked = true
		k.byID[id] = key
	}
	return ok
}

// active returns the key that was added last and is good now.
func (k *keyring) active() (verify.Key, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for i := len(k.order) - 1; i >= 0; i-- {
		key := k.byID[k.order[i]]
		if !key.Revoked && (key.Expires.IsZero() || time.Now().Before(key.Expires)) {
			return key, true
		}
	}
	return verify.Key{}, false
}

// Retrieve makes the keyring a credentials provider that always has the key that works now.
func (k *keyring) Retrieve(context.Context) (aws.Credentials, error) {
	key, ok := k.active()
	if !ok {
		return aws.Credentials{}, errors.New("emulator: every access key is revoked or has expired; add one with PutKey")
	}
	return aws.Credentials{
		AccessKeyID:     key.ID,
		SecretAccessKey: key.Secret,
		SessionToken:    key.SessionToken,
		CanExpire:       !key.Expires.IsZero(),
		Expires:         key.Expires,
		Source:          "valetkey emulator",
	}, nil
}

// PutKey adds an access key, or replaces the one with its id. Credentials and Source use it from the next token on.
func (s *Server) PutKey(k verify.Key) { s.keys.put(k) }

// RevokeKey makes an access key inactive, and reports whether it existed. Connections stay, as on AWS (documented).
func (s *Server) RevokeKey(id string) bool { return s.keys.revoke(id) }

// Credentials returns a provider of the newest access key that works now; like the SDK's providers it is asked anew each
// time. Safe for concurrent use.
func (s *Server) Credentials() aws.CredentialsProvider { return &s.keys }
