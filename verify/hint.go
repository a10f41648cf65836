package verify

// A hint is the advice that belongs to a reason.
type hint struct {
	reason Reason
	text   string
}

// hints is the advice for every reason, in the order of the checks.
func hints() []hint {
	return append(formHints(), meaningHints()...)
}

// formHints is the advice for what can be seen in the token alone, before its values mean anything.
func formHints() []hint {
	return []hint{
		{TargetIncomplete, "give the verifier a name, a region and a service; serverless belongs to elasticache alone"},
		{TooLong, "send the token alone; if it is, the session token is too long for the engine: use a role with a smaller session policy and fewer session tags"},
		{HasScheme, "cut http:// or https:// off the presigned URL before sending it as the password"},
		{Malformed, "send the presigned URL without its scheme, unchanged and on one line: NAME/?Action=connect&..."},
		{WrongPath, "sign the path \"/\", so that the token starts with NAME/?Action=connect"},
		{BadEncoding, "send the token as the signer made it; something cut or rewrote a %XX escape"},
		{NotCanonical, "escape everything but A-Z a-z 0-9 - _ . ~ as %XX with upper-case digits, and never decode the token on the way"},
		{DuplicateParameter, "set each parameter once, before signing"},
		{MissingParameter, "presign the request with the query form of Signature Version 4, with Action, User and X-Amz-Expires set before signing"},
		{UnknownParameter, "sign only Action, User, ResourceType and the X-Amz parameters, and add nothing after signing"},
		{WrongAlgorithm, "sign with AWS4-HMAC-SHA256; the asymmetric SigV4a is not accepted"},
		{WrongSignedHeaders, "sign a bare GET request: no header besides host may be set on it"},
	}
}

// meaningHints is the advice for what the token says.
func meaningHints() []hint {
	return append([]hint{
		{NameCase, "sign the name in lower case: AWS lower-cases it when the cache is created"},
		{NameIsEndpoint, "sign the replication group id, serverless cache name or MemoryDB cluster name, not the DNS endpoint or port"},
		{WrongName, "sign the name of the cache the client connects to: its replication group id, serverless cache name or MemoryDB cluster name"},
		{WrongAction, "set Action=connect"},
		{UserCase, "write the user in lower case, both in the token and in AUTH"},
		{WrongUser, "send with AUTH the same user id that the token was signed for"},
		{ResourceTypeMissing, "add ResourceType=ServerlessCache before signing: the cache is serverless"},
		{ResourceTypeUnexpected, "leave ResourceType out: the cache is not serverless"},
		{ResourceTypeWrong, "set ResourceType=ServerlessCache, or leave it out if the cache is not serverless"},
		{ScopeMalformed, "let the signer write X-Amz-Credential: KEY/YYYYMMDD/REGION/SERVICE/aws4_request"},
		{WrongScopeDate, "sign with one instant: the scope's date is the UTC day of X-Amz-Date"},
		{WrongRegion, "sign for the region the cache is in, not the client's"},
		{WrongService, "sign for elasticache, or for memorydb if the cache is a MemoryDB cluster"},
		{WrongTerminator, "end the credential scope with aws4_request"},
	}, lifeAndKeyHints()...)
}

// lifeAndKeyHints is the advice for what depends on the clock and on the keys.
func lifeAndKeyHints() []hint {
	return []hint{
		{DateMalformed, "write X-Amz-Date as YYYYMMDDTHHMMSSZ in UTC"},
		{FromFuture, "set the clock of the machine that signs (run NTP there)"},
		{ExpiresMalformed, "write X-Amz-Expires as plain seconds, such as 900"},
		{ExpiresOutOfRange, "set X-Amz-Expires to between 1 and 900 seconds"},
		{Expired, "make a new token for every connection and every re-authentication; if it was new, set the signing machine's clock"},
		{UnknownKey, "check which credentials the client uses: this access key does not exist here"},
		{RevokedKey, "activate the access key, or give the client another"},
		{CredentialsExpired, "fetch new credentials before signing: a token dies with the credentials that signed it"},
		{SessionTokenMissing, "sign with the session token too (AWS_SESSION_TOKEN): the access key is temporary"},
		{SessionTokenUnexpected, "drop the session token (unset AWS_SESSION_TOKEN): the access key is a long-term one"},
		{SessionTokenWrong, "use the access key, secret and session token of one and the same set of credentials"},
		{SignatureMalformed, "send the whole token: the signature is 64 lower-case hexadecimal digits"},
		{SignatureMismatch, "check the secret access key, and that nothing changed the token after it was signed"},
	}
}
