package count

import (
	"errors"
	"slices"

	"github.com/valetkey/valetkey"
)

// The values of the label kind.
const connect, refresh = "connect", "refresh"

// Values of the labels result and reason that the dialer has no name for.
const (
	ok      = "ok"
	other   = "other"
	failing = "failing" // nothing was in the way of renewing a connection, but every attempt failed
)

// results are the values of the label result.
func results() []string {
	return []string{ok, "invalid_target", "credentials_unavailable", "refused", "connection_lost", other}
}

// resultLabel groups errors as the library does. A source may return any error, so what is not known is other.
func resultLabel(err error) string {
	var e *valetkey.Error
	if !errors.As(err, &e) {
		return other
	}
	switch e.Reason {
	case valetkey.InvalidTarget:
		return "invalid_target"
	case valetkey.CredentialsUnavailable:
		return "credentials_unavailable"
	case valetkey.Refused:
		return "refused"
	case valetkey.ConnectionLost:
		return "connection_lost"
	}
	return other
}

// reachedAuth reports whether an attempt to dial failed no earlier than at authenticating.
func reachedAuth(err error) bool {
	var e *valetkey.Error
	return !errors.As(err, &e) || e.Op != "dial"
}

// reasons are the values of the label reason: those of [valetkey.Event], and other for what a later version may add.
func reasons() []string {
	return []string{"busy", "half", "transaction", "one-shot", "silent", "monitor", "opaque", "foreign", "ending", other}
}

func reasonLabel(reason string) string {
	switch {
	case reason == "":
		return failing
	case slices.Contains(reasons(), reason):
		return reason
	}
	return other
}
