package verify

import "fmt"

// A Refusal is the error of a token that was refused. Its texts never hold a signature, a session token or a secret.
type Refusal struct {
	// Reason is the first check that failed.
	Reason Reason
	// Detail says what was found and what was expected, such as `got "eu-west-2", want "eu-west-1"`; it may be empty.
	Detail string
}

// Error is the reason and the detail on one line.
func (r *Refusal) Error() string {
	s := "token refused: " + string(r.Reason)
	if r.Detail != "" {
		s += ": " + r.Detail
	}
	return s
}

// Is reports whether target is this refusal's [Reason].
func (r *Refusal) Is(target error) bool {
	reason, ok := target.(Reason)
	return ok && reason == r.Reason
}

// Hint says what the token's user should do next.
func (r *Refusal) Hint() string { return r.Reason.Hint() }

func refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}
