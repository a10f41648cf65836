package valetkey

import (
	"context"
	"time"
)

// A Token is a short-lived password for one user of one cache. It never prints its secret.
type Token struct {
	user    string
	secret  string
	expires time.Time
}

// NewToken makes a Token for a [Source] that does not come from a [Signer].
func NewToken(user, secret string, expires time.Time) Token {
	return Token{user: user, secret: secret, expires: expires}
}

// User is the name to send with AUTH.
func (t Token) User() string { return t.user }

// Secret is the password to send with AUTH.
func (t Token) Secret() string { return t.secret }

// Expires is when the token stops being accepted.
func (t Token) Expires() time.Time { return t.expires }

// A Source hands out tokens that are good now.
type Source interface {
	Token(ctx context.Context) (Token, error)
}
