package verify

import (
	"fmt"
	"log/slog"
	"time"
)

// A Key is a set of credentials that tokens may be signed with. It prints without its secrets.
type Key struct {
	// ID is the access key id.
	ID string
	// Secret is the secret access key. A Key without one is treated as unknown.
	Secret string `json:"-"`
	// SessionToken belongs to temporary credentials; empty means a long-term key.
	SessionToken string `json:"-"`
	// Expires is when temporary credentials end; zero means never. A token dies with its credentials (documented by AWS).
	Expires time.Time
	// Revoked means that the key exists and was made inactive.
	Revoked bool
}

// Format prints the access key id alone, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "verify.Key(%q)", k.ID) }

// LogValue logs the access key id alone.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.ID) }

// Keys finds a key by its access key id. A Verifier calls it from many goroutines at once.
type Keys interface {
	Key(id string) (Key, bool)
}

// StaticKeys is a fixed set of [Key]. The zero value is empty. It is safe for concurrent use.
type StaticKeys struct {
	// A function and not a map, so that printing a struct that holds StaticKeys cannot print secrets.
	find func(id string) (Key, bool)
}

// NewStaticKeys makes a set of the keys; of two with the same ID the later one counts.
func NewStaticKeys(keys ...Key) StaticKeys {
	byID := make(map[string]Key, len(keys))
	for _, k := range keys {
		byID[k.ID] = k
	}
	return StaticKeys{find: func(id string) (Key, bool) { k, ok := byID[id]; return k, ok }}
}

// Key returns the key with that id.
func (s StaticKeys) Key(id string) (Key, bool) {
	if s.find == nil {
		return Key{}, false
	}
	return s.find(id)
}
