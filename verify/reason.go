package verify

import "slices"

// A Reason says which check a token failed. It is an error, so errors.Is(err, verify.Expired) works on what
// [Verifier.Verify] returns.
//
// The constants stand in the order of the checks. Each says how well the check is known: "Documented" by AWS,
// "Measured" on a stock engine or against the AWS SDKs, or "Assumed" to be what AWS does. On the wire AWS answers
// all of them alike: WRONGPASS.
type Reason string

// The reasons for a refusal, in the order of the checks.
const (
	// TargetIncomplete means that the verifier itself was not told what to expect. It is never the token's fault.
	// Assumed: the package's own rule, so that a missing setting cannot match a missing parameter.
	TargetIncomplete Reason = "expected target incomplete"

	// TooLong means more than [MaxSize] bytes. Measured: the engine's limit for an argument before authentication.
	TooLong Reason = "too long"
	// HasScheme means that the token starts with http:// or https://. Documented: every AWS sample drops it.
	HasScheme Reason = "scheme present"
	// Malformed means that the token is not NAME/?name=value&name=value. Documented form, strictness assumed.
	Malformed Reason = "malformed"
	// WrongPath means that something other than "/" stands between the name and the query. Documented form,
	// strictness assumed: NAME?Action=connect is not known to be refused.
	WrongPath Reason = "wrong path"
	// BadEncoding means a percent sign that two hexadecimal digits do not follow. Assumed: it has no meaning.
	BadEncoding Reason = "bad percent-encoding"
	// NotCanonical means a character that had to be escaped and is not, was escaped without need, or was escaped
	// in lower case. Documented for what is signed (Signature Version 4); that the wire form is held to it is assumed.
	NotCanonical Reason = "not canonically encoded"
	// DuplicateParameter means that a parameter occurs twice. Assumed.
	DuplicateParameter Reason = "duplicate parameter"
	// MissingParameter means that a required parameter is absent; the detail names it. Documented form.
	MissingParameter Reason = "missing parameter"
	// UnknownParameter means a parameter that is no part of a token, signed or not. Documented by way of the signature
	// for one added after signing; assumed for a signed one.
	UnknownParameter Reason = "unknown parameter"

	// WrongAlgorithm means an X-Amz-Algorithm other than AWS4-HMAC-SHA256. Documented form, strictness assumed.
	WrongAlgorithm Reason = "wrong algorithm"
	// WrongSignedHeaders means that something other than the header host was signed. Documented form; Measured: Go's
	// signer signs any header of the request, which a server that sees only the token cannot reproduce.
	WrongSignedHeaders Reason = "wrong signed headers"

	// NameCase means that the name is the expected one but for upper-case letters. Documented: AWS lower-cases names
	// when it creates them, and a token signed in upper case is refused.
	NameCase Reason = "name differs by case"
	// NameIsEndpoint means that a DNS name or a host:port was signed as the name. Documented: the name is signed,
	// never the endpoint.
	NameIsEndpoint Reason = "endpoint used as name"
	// WrongName means that the token is for another cache. Documented: the server signs with its own name.
	WrongName Reason = "wrong name"
	// WrongAction means an Action other than connect. Documented.
	WrongAction Reason = "wrong action"
	// UserCase means that User is the name sent with AUTH but for its case. Documented: user ids are lower-case.
	UserCase Reason = "user differs by case"
	// WrongUser means that User is not the name sent with AUTH. Documented.
	WrongUser Reason = "wrong user"

	// ResourceTypeMissing means a token for a serverless cache without ResourceType. Documented by AWS's developer
	// toolkit, contradicted by clients that never send it; see [Verifier.LenientResourceType].
	ResourceTypeMissing Reason = "resource type missing"
	// ResourceTypeUnexpected means a token with ResourceType for a cache that is not serverless. Documented that it
	// must be left out; that the server refuses it is assumed from a third party's report.
	ResourceTypeUnexpected Reason = "resource type unexpected"
	// ResourceTypeWrong means a ResourceType other than ServerlessCache. Assumed.
	ResourceTypeWrong Reason = "wrong resource type"

	// ScopeMalformed means that X-Amz-Credential is not KEY/DATE/REGION/SERVICE/aws4_request. Documented (Signature Version 4).
	ScopeMalformed Reason = "credential scope malformed"
	// WrongScopeDate means that the scope's date is not the day of X-Amz-Date. Documented (Signature Version 4).
	WrongScopeDate Reason = "wrong scope date"
	// WrongRegion means that the token is for another region than the cache's. Documented (Signature Version 4).
	WrongRegion Reason = "wrong region"
	// WrongService means that the token is for another service than the cache's. Documented (Signature Version 4).
	WrongService Reason = "wrong service"
	// WrongTerminator means that the scope does not end in aws4_request. Documented (Signature Version 4).
	WrongTerminator Reason = "wrong scope terminator"

	// DateMalformed means an X-Amz-Date that is not YYYYMMDDTHHMMSSZ. Documented (Signature Version 4).
	DateMalformed Reason = "date malformed"
	// FromFuture means that the token was signed later than now plus the allowed skew. Assumed: five minutes are
	// documented for Signature Version 4 in general, not for caches.
	FromFuture Reason = "signed in the future"
	// ExpiresMalformed means an X-Amz-Expires that is no plain decimal number. Documented form, strictness assumed.
	ExpiresMalformed Reason = "expires malformed"
	// ExpiresOutOfRange means an X-Amz-Expires below 1 or above 900 seconds. Documented that a token lives for at most
	// 15 minutes; that a larger number is refused and not merely capped is assumed.
	ExpiresOutOfRange Reason = "expires out of range"
	// Expired means that the token's life is over. Documented.
	Expired Reason = "expired"

	// UnknownKey means that the access key id is not known, or is known without a secret. Documented (Signature Version 4).
	UnknownKey Reason = "unknown access key"
	// RevokedKey means that the access key was made inactive. Documented (IAM).
	RevokedKey Reason = "revoked access key"
	// CredentialsExpired means that the temporary credentials that signed the token ended before it. Documented.
	CredentialsExpired Reason = "credentials expired"
	// SessionTokenMissing means a temporary access key without X-Amz-Security-Token. Documented (Signature Version 4).
	SessionTokenMissing Reason = "session token missing"
	// SessionTokenUnexpected means an X-Amz-Security-Token beside a long-term access key. Assumed.
	SessionTokenUnexpected Reason = "session token unexpected"
	// SessionTokenWrong means that the session token is not the one that belongs to the access key. Documented (STS).
	SessionTokenWrong Reason = "wrong session token"

	// SignatureMalformed means an X-Amz-Signature that is not 64 lower-case hexadecimal digits. Documented form.
	SignatureMalformed Reason = "signature malformed"
	// SignatureMismatch means that the secret or what was signed differs. Documented; Measured against AWS's golden vectors.
	SignatureMismatch Reason = "signature mismatch"
)

// Error makes a Reason usable with errors.Is.
func (r Reason) Error() string { return string(r) }

// Hint says what the token's user should do next. It is empty for a Reason that is none of this package's constants.
func (r Reason) Hint() string {
	i := slices.IndexFunc(hints(), func(h hint) bool { return h.reason == r })
	if i < 0 {
		return ""
	}
	return hints()[i].text
}

// Reasons returns every Reason in the order of the checks. The slice is the caller's own.
func Reasons() []Reason {
	var all []Reason
	for _, h := range hints() {
		all = append(all, h.reason)
	}
	return all
}
