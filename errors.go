package valetkey

// A Reason groups errors by what the caller should do next. errors.Is(err, valetkey.Refused) works.
type Reason string

// The reasons an [Error] can have.
const (
	// InvalidTarget: the target cannot be right. Correct it; trying again does not help.
	InvalidTarget Reason = "invalid target"
	// CredentialsUnavailable: no AWS credentials good enough to sign with. Often passes by itself, so try again.
	CredentialsUnavailable Reason = "credentials unavailable"
	// Refused: the cache answered and said no.
	Refused Reason = "refused by the cache"
	// ConnectionLost: the connection ended before the cache answered.
	ConnectionLost Reason = "connection lost"
)

// Error makes a Reason usable with errors.Is.
func (r Reason) Error() string { return string(r) }

// An Error says what failed (Op), for which subject, why (Reason) and what lay beneath (Err).
// No token, signature or secret is ever part of one.
type Error struct {
	Op      string
	Subject string
	Reason  Reason
	Err     error
}

// Error returns "op subject: reason: what lay beneath".
func (e *Error) Error() string {
	s := e.Op + " " + e.Subject + ": " + string(e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is reports whether target is this error's reason.
func (e *Error) Is(target error) bool { r, ok := target.(Reason); return ok && r == e.Reason }

// Unwrap returns the error beneath.
func (e *Error) Unwrap() error { return e.Err }
