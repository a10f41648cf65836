package controlplane

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonical is the canonical request: method, path, query, headers, signed headers and the hash of the body that came, whatever
// hash the client says it has. Source: IAM User Guide, Create a signed AWS API request.
func (q *request) canonical(signed []string) string {
	hash := sha256.Sum256(q.body)
	return strings.Join([]string{q.Method, "/", q.canonicalQuery(), q.canonicalHeaders(signed), strings.Join(signed, ";"),
		hex.EncodeToString(hash[:])}, "\n")
}

// canonicalQuery is the query sorted by name and then by value, each strictly encoded.
func (q *request) canonicalQuery() string {
	query := q.URL.Query()
	var pairs []string
	for _, name := range slices.SortedFunc(maps.Keys(query), func(a, b string) int { return strings.Compare(escape(a), escape(b)) }) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// canonicalHeaders are the signed headers, each with a line break behind it.
func (q *request) canonicalHeaders(signed []string) string {
	var b strings.Builder
	for _, name := range signed {
		values := q.Header.Values(name)
		switch name { // what net/http keeps elsewhere
		case "host":
			values = []string{q.Host}
		case "content-length":
			values = []string{strconv.FormatInt(q.ContentLength, 10)}
		}
		var trimmed []string
		for _, v := range values {
			trimmed = append(trimmed, strings.Join(strings.Fields(v), " "))
		}
		b.WriteString(name + ":" + strings.Join(trimmed, ",") + "\n")
	}
	return b.String()
}

// escape leaves only letters, digits and -_.~ as they are.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
