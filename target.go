package valetkey

import (
	"fmt"
	"strings"
)

// A Service is the AWS service that hosts a cache, as it appears in a token's credential scope.
type Service string

// The services that accept IAM tokens.
const (
	ElastiCache Service = "elasticache"
	MemoryDB    Service = "memorydb"
)

// A Target names the cache a token is for and the user it is for. [ParseTarget] makes one from an endpoint.
type Target struct {
	// Service is the AWS service; empty means [ElastiCache].
	Service Service
	// Name is the replication group id, the serverless cache name or the MemoryDB cluster name,
	// never the DNS endpoint. AWS lower-cases names when it creates them, and so does valetkey.
	Name string
	// User is the user id, which must be equal to the user name. AWS lower-cases it too.
	User string
	// Region is the AWS region of the cache, such as "eu-west-1".
	Region string
	// Serverless says that Name is an ElastiCache serverless cache.
	Serverless bool
	// Address is the endpoint's host:port where it is known (ParseTarget fills it); it is no part of a token.
	Address string
	// Plaintext says that the target was given as redis:// and is reached without TLS. The address must be a loopback one then.
	Plaintext bool
}

// Validate reports what is wrong with the target as an [Error] with the reason [InvalidTarget], or nil.
// Upper-case letters in Name and User are no mistake: they are lower-cased before anything is signed.
// The rules for names are those of AWS's own toolkit for ElastiCache and of the CreateReplicationGroup call.
func (t Target) Validate() error {
	_, err := t.normal()
	return err
}

// normal returns the target as it is signed, names in lower case and defaults filled in, if it is valid.
func (t Target) normal() (Target, error) {
	if t.Service == "" {
		t.Service = ElastiCache
	}
	for _, check := range []func(Target) error{checkService, checkName, checkUser, checkRegion, checkAddress} {
		if err := check(t); err != nil {
			return Target{}, invalidTarget(err)
		}
	}
	t.Name, t.User = strings.ToLower(t.Name), strings.ToLower(t.User)
	return t, nil
}

func invalidTarget(err error) error {
	return &Error{Op: "read", Subject: "target", Reason: InvalidTarget, Err: err}
}

// String describes the target for people. [Target.URL] gives the form that [ParseTarget] reads.
func (t Target) String() string {
	kind := string(t.Service)
	if kind == "" {
		kind = string(ElastiCache)
	}
	if t.Serverless {
		kind += " serverless"
	}
	return fmt.Sprintf("%s@%s (%s, %s)", t.User, t.Name, kind, t.Region)
}
