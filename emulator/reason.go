package emulator

import (
	"errors"
	"slices"

	"github.com/valetkey/valetkey/verify"
)

// A Reason says which check a client failed. Those of a token are package verify's; the constants here are the server's own.
type Reason = verify.Reason

// The reasons that do not lie in a token.
const (
	// HandshakeFailed means that the client did not get as far as a TLS connection. Documented: IAM needs TLS.
	HandshakeFailed Reason = "TLS handshake failed"
	// ProtocolViolated means that the client does not speak the protocol, or broke the limits for clients that have not
	// authenticated (10 arguments of 16384 bytes). Measured on the engine.
	ProtocolViolated Reason = "protocol error"
	// NotAuthenticated means a command before AUTH or HELLO with AUTH. Documented and measured.
	NotAuthenticated Reason = "command before authentication"
	// BadRequest means an AUTH or HELLO that the engine itself would not understand or allow. Measured.
	BadRequest Reason = "malformed request"
	// InTransaction means AUTH or HELLO inside MULTI. Documented that it is not supported; the answer is assumed.
	InTransaction Reason = "authentication inside MULTI"
	// RestrictedCommand means a command that the service refuses to everybody. Documented; its answer is reported.
	RestrictedCommand Reason = "restricted command"
	// BackendDown means that the server behind the emulator cannot be reached.
	BackendDown Reason = "backend unreachable"
	// Unavailable means an injected failure of the IAM backend. The texts are documented.
	Unavailable Reason = "IAM unavailable"
	// Throttled means an injected throttling of IAM authentication. The texts are documented.
	Throttled Reason = "IAM throttled"
	// UnknownUser means that the user is not in the cache's user group, or that its name is not in lower case. Documented.
	UnknownUser Reason = "unknown user"
	// UserOff means that the user is disabled; "default" is, as on a cache whose users are IAM users. Documented.
	UserOff Reason = "user is off"
	// WrongPassword means that a password user's password is wrong. Documented.
	WrongPassword Reason = "wrong password"
	// NotAuthorized means that IAM does not allow the principal to connect, be it to the cache or as the user. Documented.
	NotAuthorized Reason = "not authorized"
	// TokenUsedBefore means the token that the connection was authenticated with last. Assumed: see [RefuseSameToken].
	TokenUsedBefore Reason = "same token again"
)

// hintFor says what the client's owner should do next.
func hintFor(r Reason) string {
	switch r {
	case HandshakeFailed:
		return "connect with TLS and trust the emulator's CA (ClientTLS, or ca.pem in the TLS directory)"
	case ProtocolViolated:
		return "send RESP; before authentication at most 10 arguments of at most 16384 bytes each"
	case NotAuthenticated:
		return "send AUTH user token, or HELLO 3 AUTH user token, before anything else; also after RESET"
	case BadRequest:
		return "send AUTH user token or HELLO 3 AUTH user token, outside RESP2 subscribe mode"
	case InTransaction:
		return "authenticate before MULTI or after EXEC"
	case RestrictedCommand:
		return "do without the command: the service has it for nobody; AllowRestricted (--allow-restricted) lets the emulator pass it on"
	case BackendDown:
		return "start the server that the emulator was told to stand in front of, or correct its address"
	case Unavailable, Throttled:
		return "back off with jitter and try again with a fresh token; a connection that has authenticated stays usable"
	case UnknownUser:
		return "send the user id in lower case, and give the emulator that user"
	case UserOff:
		return "send a user name with AUTH: one argument means the user default, which is off"
	case NotAuthorized:
		return "allow the principal to connect on the ARNs of both the cache and the user, and look for a Deny"
	case TokenUsedBefore:
		return "sign a new token for every AUTH"
	case WrongPassword:
		return "send one of the user's passwords: this user has no IAM authentication"
	}
	return r.Hint()
}

// check is the number of the check that the reason belongs to, in the order in which the server makes them:
//
//	1 TLS, 2 limits, 3 form of the request, 4 not in MULTI, 5 availability, 6 user, 7 password, 8 form of the token,
//	9 algorithm and signed headers, 10 name, 11 action and user, 12 resource type, 13 scope, 14 time, 15 key, 16 signature,
//	17 policy, 18 acceptance.
func check(r Reason) int {
	for i, group := range checks() {
		if slices.Contains(group, r) {
			return i + 1
		}
	}
	return 0
}

func checks() [][]Reason {
	return [][]Reason{
		{HandshakeFailed},
		{ProtocolViolated},
		{BadRequest, NotAuthenticated},
		{InTransaction},
		{Unavailable, Throttled, BackendDown},
		{UnknownUser, UserOff},
		{WrongPassword},
		{verify.TargetIncomplete, verify.TooLong, verify.HasScheme, verify.Malformed, verify.WrongPath, verify.BadEncoding,
			verify.NotCanonical, verify.DuplicateParameter, verify.MissingParameter, verify.UnknownParameter},
		{verify.WrongAlgorithm, verify.WrongSignedHeaders},
		{verify.NameCase, verify.NameIsEndpoint, verify.WrongName},
		{verify.WrongAction, verify.UserCase, verify.WrongUser},
		{verify.ResourceTypeMissing, verify.ResourceTypeUnexpected, verify.ResourceTypeWrong},
		{verify.ScopeMalformed, verify.WrongScopeDate, verify.WrongRegion, verify.WrongService, verify.WrongTerminator},
		{verify.DateMalformed, verify.FromFuture, verify.ExpiresMalformed, verify.ExpiresOutOfRange, verify.Expired},
		{verify.UnknownKey, verify.RevokedKey, verify.CredentialsExpired, verify.SessionTokenMissing,
			verify.SessionTokenUnexpected, verify.SessionTokenWrong},
		{verify.SignatureMalformed, verify.SignatureMismatch},
		{NotAuthorized},
		{TokenUsedBefore},
	}
}

// A refusal is what the server decides about one request: the reason for the log and the text for the client.
type refusal struct {
	reason Reason
	detail string
	text   string
}

// wrongPass is the one answer that a cache has for almost every reason. Documented and measured.
const wrongPass = "WRONGPASS invalid username-password pair or user is disabled."

func wrongpass(reason Reason, detail string) *refusal {
	return &refusal{reason: reason, detail: detail, text: wrongPass}
}

// refusedToken turns what package verify says into a refusal.
func refusedToken(err error) *refusal {
	var r *verify.Refusal
	if errors.As(err, &r) {
		return wrongpass(r.Reason, r.Detail)
	}
	return wrongpass(verify.Malformed, "")
}
