package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

const (
	// emptyHash is the SHA-256 of nothing: the body of the request that a token stands for (AWS's golden vectors).
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	// unsignedPayload is what S3 clients sign instead; it is tried only to explain a mismatch.
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// A request is everything that goes into a signature. All but the parameters and the date is the verifier's own.
type request struct {
	secret, host, region, service string
	date                          string // X-Amz-Date
	payload                       string // hash of the body
	params                        []param
}

// signature is the hexadecimal signature of Signature Version 4 in its query form.
func (q request) signature() string {
	return Signature(q.secret, q.date, q.region, q.service, q.canonical())
}

// Signature is the hexadecimal signature of Signature Version 4 over a canonical request, for those who verify requests other
// than tokens. The date is the request's X-Amz-Date, whose day is the scope's; compare the result in constant time. Source: IAM
// User Guide, Create a signed AWS API request.
func Signature(secret, date, region, service, canonical string) string {
	day := date[:min(len("20060102"), len(date))]
	scope := strings.Join([]string{day, region, service, terminator}, "/")
	digest := sha256.Sum256([]byte(canonical))
	text := strings.Join([]string{algorithm, date, scope, hex.EncodeToString(digest[:])}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{day, region, service, terminator} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

// canonical is the canonical request: method, path, query, headers, signed headers and the hash of the body.
func (q request) canonical() string {
	return strings.Join([]string{"GET", "/", canonicalQuery(q.params), "host:" + q.host, "", "host", q.payload}, "\n")
}

// without is the request with one parameter less.
func (q request) without(name string) request {
	q.params = slices.DeleteFunc(slices.Clone(q.params), func(p param) bool { return p.name == name })
	return q
}

// canonicalQuery is all parameters but the signature, sorted. They are canonically encoded already and no name occurs twice.
func canonicalQuery(params []param) string {
	pairs := make([]string, 0, len(params))
	for _, p := range params {
		if p.name != pSignature {
			pairs = append(pairs, p.name+"="+p.value)
		}
	}
	// Sorting whole pairs sorts by name: every name is known, and none is another's beginning.
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
