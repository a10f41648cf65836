package controlplane

import (
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"strings"
)

// A caller is whoever signed a request.
type caller struct {
	principal string // ARN
	key       string // access key id
}

// arn is what AWS calls the caller: for a role, the session in which it is assumed. The session is named after the access key,
// because nobody said here how it was assumed.
func (c caller) arn() string {
	head, name, isRole := strings.Cut(c.principal, ":role/")
	if !isRole {
		return c.principal
	}
	return strings.Replace(head, ":iam:", ":sts:", 1) + ":assumed-role/" + lastOf(name) + "/" + c.key
}

// id is the unique id: an account's number for its root, else one that is always the same for a principal, with the prefix that
// IAM documents.
func (c caller) id() string {
	switch {
	case strings.HasSuffix(c.principal, ":root"):
		return accountOf(c.principal)
	case strings.Contains(c.principal, ":role/"):
		return uniqueID("AROA", c.principal) + ":" + c.key
	}
	return uniqueID("AIDA", c.principal)
}

func uniqueID(prefix, arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// accountOf is the account in an ARN.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// lastOf is the name at the end of a path.
func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// getCallerIdentity needs no permission, and cannot be denied (documented).
func getCallerIdentity(c *call) (any, *fault) {
	return struct {
		ARN     string `xml:"Arn"`
		UserID  string `xml:"UserId"`
		Account string
	}{c.caller.arn(), c.caller.id(), accountOf(c.caller.principal)}, nil
}

// getRole answers a role, whose ARN with its path no session's ARN tells. It is known here by what policies it has, and trusts
// nobody.
func getRole(c *call) (any, *fault) {
	name := c.params.get("RoleName")
	if name == "" {
		return nil, plain("ValidationError", http.StatusBadRequest, "RoleName is missing.")
	}
	arn, ok := c.Role(name)
	resource := arn
	if !ok {
		resource = "arn:" + partition(c.Cache().Region) + ":iam::" + c.Cache().Account + ":role/" + name
	}
	if err := c.allow(resource); err != nil {
		return nil, err
	}
	if !ok {
		return nil, plain("NoSuchEntity", http.StatusNotFound, "The role with name %s cannot be found.", name)
	}
	_, path, _ := strings.Cut(arn, ":role")
	return struct{ Role role }{role{strings.TrimSuffix(path, name), name, uniqueID("AROA", arn), arn, stamp(c.Cache().Created), 3600}}, nil
}

// A role is one as GetRole tells it.
type role struct {
	Path               string
	RoleName           string
	RoleID             string `xml:"RoleId"`
	ARN                string `xml:"Arn"`
	CreateDate         string
	MaxSessionDuration int
}
