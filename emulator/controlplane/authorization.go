package controlplane

import (
	"slices"
	"strings"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	dateLayout = "20060102T150405Z"
)

// An authorization is the content of the Authorization header.
type authorization struct {
	key, day, region, service, end string // the credential and its scope
	headers                        []string
	signature                      string
}

// parseAuthorization takes the header apart: the algorithm, then Credential, SignedHeaders and Signature in any order.
func parseAuthorization(header string) (authorization, *fault) {
	var a authorization
	if header == "" {
		return a, missingAuthentication()
	}
	name, rest, _ := strings.Cut(header, " ")
	if name != algorithm {
		return a, incompleteSignature("Unsupported AWS 'algorithm': '%s'.", printable(name))
	}
	parts := map[string]string{}
	for _, part := range strings.Split(rest, ",") {
		key, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found {
			return a, incompleteSignature("A part of the Authorization header is no key=value pair (missing equal-sign).")
		}
		parts[key] = value
	}
	for _, key := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[key] == "" {
			return a, incompleteSignature("Authorization header requires '%s' parameter.", key)
		}
	}
	a.headers, a.signature = strings.Split(parts["SignedHeaders"], ";"), parts["Signature"]
	return a, a.readCredential(parts["Credential"])
}

func (a *authorization) readCredential(credential string) *fault {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || slices.Contains(parts, "") {
		return incompleteSignature("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
	}
	a.key, a.day, a.region, a.service, a.end = parts[0], parts[1], parts[2], parts[3], parts[4]
	return nil
}

// printable keeps what may be a secret in the wrong place out of a message.
func printable(s string) string {
	const longest = 32 // access key ids and regions are shorter, secret access keys longer
	if len(s) > longest {
		return "(not shown)"
	}
	return s
}
