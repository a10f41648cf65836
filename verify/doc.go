// Package verify says whether an IAM token for ElastiCache or MemoryDB is good, and exactly why it is not.
//
// [Verifier.Verify] recomputes the token's signature (Signature Version 4, query form) from what the caller expects:
// name, user, region and service come from the configuration, never from the token. It shares no code with the
// signer of package valetkey or of the AWS SDK, so that one can prove the other. Every refusal has a typed [Reason]
// with a hint, where AWS answers each of them with the same WRONGPASS.
//
// [Inspect] explains a token without any key and without showing its signature or session token.
//
// # Strictness
//
// The order of the parameters is free, because the signature covers the sorted query and the AWS SDKs send
// different orders. Each parameter must stand in its canonical encoding: unreserved characters plain, all
// others as %XX with upper-case digits. A parameter may occur once, an unknown one is refused even when it is signed,
// only the header host may be signed, and the signature is 64 lower-case hexadecimal digits. AWS documents the form
// and not how strictly it is checked; the doc comment of each [Reason] says which of them are assumed.
package verify
