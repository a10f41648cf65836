package verify

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	// serverlessCache is the only ResourceType.
	serverlessCache = "ServerlessCache"
	dateLayout      = "20060102T150405Z"
	// maxExpires is the longest life of a token in seconds, 15 minutes (documented by AWS).
	maxExpires = 900
	// longestShown keeps session tokens and signatures out of texts wherever in a token they stand:
	// a signature has 64 characters and a session token hundreds, where a name has at most 40.
	longestShown = 63
)

func (t *token) index(name string) int {
	return slices.IndexFunc(t.params, func(p param) bool { return p.name == name })
}

func (t *token) has(name string) bool { return t.index(name) >= 0 }

// get is the decoded value of the parameter, "" if it is absent.
func (t *token) get(name string) string {
	if i := t.index(name); i >= 0 {
		return decode(t.params[i].value)
	}
	return ""
}

// show makes a value from the token fit for a terminal, and only if it can be no secret that stands in the wrong place.
func (t *token) show(s string) string {
	if t.hide(s) {
		return fmt.Sprintf("(%d characters, not shown)", len(s))
	}
	q := strconv.QuoteToASCII(s)
	return q[1 : len(q)-1]
}

// showKey is show for an access key id: these have about 20 characters, a secret access key put in its place has 40.
func (t *token) showKey(id string) string {
	if len(id) > 32 {
		return fmt.Sprintf("(%d characters, not shown)", len(id))
	}
	return t.show(id)
}

// quote is show in quotation marks.
func (t *token) quote(s string) string { return `"` + t.show(s) + `"` }

func (t *token) hide(s string) bool {
	return len(s) > longestShown || strings.Contains(s, "=") || slices.ContainsFunc(t.params, func(p param) bool {
		return p.secret() && len(p.value) >= 8 && (strings.Contains(s, p.value) || strings.Contains(s, decode(p.value)))
	})
}

// expect refuses the token unless the parameter has exactly that value.
func (t *token) expect(name, want string, reason Reason) *Refusal {
	if got := t.get(name); got != want {
		return refuse(reason, "got %s, want %q", t.quote(got), want)
	}
	return nil
}

// A credential is the content of X-Amz-Credential.
type credential struct{ key, date, region, service, end string }

// credential takes X-Amz-Credential apart, as far as it goes.
func (t *token) credential() (credential, *Refusal) {
	parts := strings.Split(t.get(pCredential), "/")
	malformed := len(parts) != 5 || slices.Contains(parts, "")
	parts = append(parts, "", "", "", "")
	c := credential{parts[0], parts[1], parts[2], parts[3], parts[4]}
	if malformed {
		return c, refuse(ScopeMalformed, "want KEY/DATE/REGION/SERVICE/%s", terminator)
	}
	return c, nil
}

// scopeDate checks the scope's date against X-Amz-Date; a malformed X-Amz-Date is left to signedAt.
func (t *token) scopeDate(c credential) *Refusal {
	signed, r := t.signedAt()
	if day := signed.Format("20060102"); r == nil && c.date != day {
		return refuse(WrongScopeDate, "got %s, want %q, the day of %s", t.quote(c.date), day, pDate)
	}
	return nil
}

func (t *token) terminator(c credential) *Refusal {
	if c.end != terminator {
		return refuse(WrongTerminator, "got %s, want %q", t.quote(c.end), terminator)
	}
	return nil
}

func (t *token) signedAt() (time.Time, *Refusal) {
	s := t.get(pDate)
	at, err := time.Parse(dateLayout, s)
	// Parse alone would let a fraction of a second through.
	if err != nil || at.Format(dateLayout) != s {
		return time.Time{}, refuse(DateMalformed, "got %s, want YYYYMMDDTHHMMSSZ", t.quote(s))
	}
	return at, nil
}

// expires is X-Amz-Expires in seconds; the number is good to show also when it is refused as out of range.
func (t *token) expires() (int, *Refusal) {
	s := t.get(pExpires)
	n, err := strconv.Atoi(s)
	plain := err == nil && strconv.Itoa(n) == s
	if !plain && !errors.Is(err, strconv.ErrRange) {
		return 0, refuse(ExpiresMalformed, "got %s, want seconds", t.quote(s))
	}
	if n < 1 || n > maxExpires {
		return n, refuse(ExpiresOutOfRange, "got %s, want 1 to %d seconds", t.quote(s), maxExpires)
	}
	return n, nil
}

// signatureForm checks what can be seen of the signature without a key.
func (t *token) signatureForm() *Refusal {
	s := t.get(pSignature)
	digit := func(r rune) bool { return '0' <= r && r <= '9' || 'a' <= r && r <= 'f' }
	if bad := strings.IndexFunc(s, func(r rune) bool { return !digit(r) }); len(s) != 64 || bad >= 0 {
		return refuse(SignatureMalformed, "got %d characters, want 64 lower-case hexadecimal digits", len(s))
	}
	return nil
}
