package emulator

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/valetkey/valetkey/verify"
)

// keyring holds the access keys that exist; safe for concurrent use.
type keyring struct {
	clock *clock
	mu    sync.RWMutex
	byID  map[string]heldKey
	order []string
}

// A heldKey ages from when it was put.
type heldKey struct {
	verify.Key
	since time.Time
}

// Key returns the access key with that id, its end by the time of day.
func (k *keyring) Key(id string) (verify.Key, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	key, ok := k.byID[id]
	return k.aged(key), ok
}

func (k *keyring) aged(key heldKey) verify.Key {
	if !key.Expires.IsZero() {
		key.Expires = key.Expires.Add(-k.clock.skippedSince(key.since))
	}
	return key.Key
}

func (k *keyring) put(key verify.Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byID == nil {
		k.byID = map[string]heldKey{}
	}
	if _, known := k.byID[key.ID]; !known {
		k.order = append(k.order, key.ID)
	}
	k.byID[key.ID] = heldKey{key, time.Now()}
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
		key := k.aged(k.byID[k.order[i]])
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
