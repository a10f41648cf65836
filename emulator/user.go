package emulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"regexp"
	"strings"
	"sync"
)

// A User is one member of the user group that is attached to the cache.
type User struct {
	// Name is the user id, which on AWS must equal the user name. IAM users' names are lower-cased, as AWS does.
	Name string
	// Passwords makes this a password user. A user without passwords authenticates with IAM tokens.
	Passwords []string
	// Tags are the user's, for the condition key aws:ResourceTag.
	Tags map[string]string
	// Off disables the user: authentication is refused, connections that have it already stay.
	Off bool
}

// iam reports whether the user must send a token.
func (u User) iam() bool { return len(u.Passwords) == 0 }

// accepts reports whether password is one of the user's, in a time that does not tell which.
func (u User) accepts(password string) bool {
	sent := sha256.Sum256([]byte(password))
	found := 0
	for _, p := range u.Passwords {
		want := sha256.Sum256([]byte(p))
		found |= subtle.ConstantTimeCompare(sent[:], want[:])
	}
	return found == 1
}

// users is the user group; safe for concurrent use.
type users struct {
	mu     sync.RWMutex
	byName map[string]User
}

func (us *users) put(u User) {
	if u.iam() {
		u.Name = strings.ToLower(u.Name)
	}
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.byName == nil {
		us.byName = map[string]User{}
	}
	us.byName[u.Name] = u
}

func (us *users) get(name string) (User, bool) {
	us.mu.RLock()
	defer us.mu.RUnlock()
	u, ok := us.byName[name]
	return u, ok
}

func (us *users) remove(name string) bool {
	us.mu.Lock()
	defer us.mu.Unlock()
	_, ok := us.byName[name]
	delete(us.byName, name)
	return ok
}

// userName is what a user id looks like; the source is AWS's own developer toolkit.
var userName = regexp.MustCompile(`^(?:default\.)?[a-zA-Z][a-zA-Z0-9-]{0,39}$`)

// printable returns the name as it may be logged. A client that mixed up its arguments may have sent a token or a secret as
// the user name, so a name that is neither known nor short and plain is not repeated.
func (us *users) printable(name string) string {
	if _, known := us.get(name); known || name == "default" || name == "" {
		return name
	}
	if len(name) >= 32 || !userName.MatchString(name) {
		return "(not a user name)"
	}
	return name
}
