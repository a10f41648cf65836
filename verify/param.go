package verify

import (
	"net/url"
	"slices"
	"strings"
)

// The parameters of a token.
const (
	pAction        = "Action"
	pUser          = "User"
	pResourceType  = "ResourceType"
	pAlgorithm     = "X-Amz-Algorithm"
	pCredential    = "X-Amz-Credential"
	pDate          = "X-Amz-Date"
	pExpires       = "X-Amz-Expires"
	pSecurityToken = "X-Amz-Security-Token"
	pSignedHeaders = "X-Amz-SignedHeaders"
	pSignature     = "X-Amz-Signature"
)

// required lists the parameters that every token has.
func required() []string {
	return []string{pAction, pUser, pAlgorithm, pCredential, pDate, pExpires, pSignedHeaders, pSignature}
}

// known reports whether a token may have a parameter of that name.
func known(name string) bool {
	return slices.Contains(required(), name) || name == pResourceType || name == pSecurityToken
}

// A param is one parameter as it stands on the wire, still encoded.
type param struct{ name, value string }

// secret reports whether the value must never be shown, whatever the case and encoding of the name.
func (p param) secret() bool {
	name := decode(p.name)
	return strings.EqualFold(name, pSignature) || strings.EqualFold(name, pSecurityToken)
}

// encodingFault says what is wrong with the encoding of name and value, the worse first.
func (p param) encodingFault() Reason {
	name, value := encodingFault(p.name), encodingFault(p.value)
	if name == "" || value == BadEncoding {
		return value
	}
	return name
}

// decode undoes percent-encoding; what is not decodable is returned as it stands.
func decode(s string) string {
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}

// encodingFault says what is wrong with an encoded name or value, or "" for a canonically encoded one.
func encodingFault(s string) Reason {
	fault := Reason("")
	for i := 0; i < len(s); i++ {
		switch {
		case unreserved(s[i]):
		case s[i] != '%':
			fault = NotCanonical
		case i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0:
			return BadEncoding
		default:
			if escapeFault(s[i+1], s[i+2]) {
				fault = NotCanonical
			}
			i += 2
		}
	}
	return fault
}

// escapeFault reports whether %hl is in lower case or stands for a character that needs no escape.
func escapeFault(h, l byte) bool {
	return h >= 'a' || l >= 'a' || unreserved(byte(unhex(h)<<4|unhex(l)))
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0
}

// unhex is the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
