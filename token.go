package valetkey

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// A Token is a short-lived password for one user of one cache. It can be used for any number of connections until it expires.
//
// A Token never prints its secret: every fmt verb, slog, encoding/json and text encoding give the user and the expiry alone, and
// printers that walk through unexported fields find a function. Only [Token.Secret] gives it away.
type Token struct {
	user    string
	secret  func() string // a string here would be shown by %v of a struct that holds the Token in an unexported field
	expires time.Time     // wall clock; zero when not known
}

// NewToken makes a Token for a [Source] that does not come from a [Signer]. A zero expires means that the expiry is not known.
func NewToken(user, secret string, expires time.Time) Token {
	return Token{user: user, secret: func() string { return secret }, expires: expires.Round(0)}
}

// User is the name to send with AUTH.
func (t Token) User() string { return t.user }

// Secret is the password to send with AUTH. It is empty for the zero Token only.
func (t Token) Secret() string {
	if t.secret == nil {
		return ""
	}
	return t.secret()
}

// Expires is when the token stops being accepted: when its own 15 minutes are over, or when the credentials that signed it
// expire if that is sooner. It is a wall-clock time without monotonic reading, so that it stays true when a machine has slept.
func (t Token) Expires() time.Time { return t.expires }

// String returns the redacted form.
func (t Token) String() string {
	if t.expires.IsZero() {
		return fmt.Sprintf("token for %q (redacted)", t.user)
	}
	return fmt.Sprintf("token for %q (redacted), expires %s", t.user, t.expires.UTC().Format(time.RFC3339))
}

// GoString returns the redacted form for %#v.
func (t Token) GoString() string { return "valetkey.Token{" + t.String() + "}" }

// Format prints the redacted form whatever the verb and the flags are.
func (t Token) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		io.WriteString(f, t.GoString())
		return
	}
	io.WriteString(f, t.String())
}

// LogValue makes slog print the user and the expiry alone.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", t.user), slog.Time("expires", t.expires))
}

// MarshalJSON writes the user and the expiry. A Token cannot be read back.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		User     string    `json:"user"`
		Expires  time.Time `json:"expires,omitzero"`
		Redacted bool      `json:"redacted"`
	}{t.user, t.expires, true})
}

// MarshalText writes the redacted form.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// A Source hands out tokens that are good now. It must be safe for concurrent use, and it must return an error rather than
// an empty token when it has none.
type Source interface {
	Token(ctx context.Context) (Token, error)
}
