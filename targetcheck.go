package valetkey

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/internal/endpoint"
)

// maxGroupName is the documented length of a replication group id; MemoryDB's cluster names end there as well.
// Serverless names have no documented length; their host name makes them part of one DNS label.
const (
	maxGroupName = 40
	maxLabel     = 63
)

func checkService(t Target) error {
	switch {
	case t.Service != ElastiCache && t.Service != MemoryDB:
		return fmt.Errorf("service %s is neither %q nor %q", show(string(t.Service)), ElastiCache, MemoryDB)
	case t.Serverless && t.Service != ElastiCache:
		return errors.New("only ElastiCache has serverless caches: set the service to elasticache, or serverless to false")
	}
	return nil
}

func checkName(t Target) error {
	limit := maxGroupName
	if t.Serverless {
		limit = maxLabel
	}
	switch {
	case t.Name == "":
		return errors.New("the cache's name is empty: give the replication group id, serverless cache name or MemoryDB cluster name")
	case strings.ContainsAny(t.Name, ".:"):
		return endpointAsName(t.Name)
	case !isName(t.Name) || strings.Contains(t.Name, "--") || strings.HasSuffix(t.Name, "-"):
		return fmt.Errorf("name %s is no cache name: names start with a letter, have letters, digits and single hyphens, and do not end with a hyphen", show(t.Name))
	case len(t.Name) > limit:
		return fmt.Errorf("name %s has %d characters: at most %d are possible", show(t.Name), len(t.Name), limit)
	}
	return nil
}

// endpointAsName explains the commonest mistake: signing the endpoint instead of the name, which the cache answers with WRONGPASS.
func endpointAsName(name string) error {
	host, _, err := net.SplitHostPort(name)
	if err != nil {
		host = name
	}
	if e, ok := endpoint.Parse(host); ok && e.Name != "" {
		return fmt.Errorf("name %s is an endpoint: the name to sign is %q", show(host), e.Name)
	}
	return fmt.Errorf("name %s is no cache name but looks like an endpoint: give the replication group id, serverless cache name or MemoryDB cluster name", show(host))
}

func checkUser(t Target) error {
	id := t.User
	if len(id) > len("default.") && strings.EqualFold(id[:len("default.")], "default.") {
		id = id[len("default."):]
	}
	switch {
	case t.User == "":
		return errors.New("the user is empty: give the user id, as in rediss://USER@HOST")
	case !isName(id):
		return fmt.Errorf("user %s is no user id: ids start with a letter and have letters, digits and hyphens", show(t.User))
	}
	return nil
}

func checkRegion(t Target) error {
	switch {
	case t.Region == "":
		return errors.New("the region is empty: give the cache's region, such as eu-west-1")
	case !endpoint.IsRegion(t.Region):
		return fmt.Errorf("region %s does not look like one: write it as in eu-west-1", show(t.Region))
	}
	return nil
}

func checkAddress(t Target) error {
	if t.Address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(t.Address)
	if err != nil || !isHost(host) || !isPort(port) {
		return errors.New("the address is not host:port")
	}
	if t.Plaintext && !isLoopback(host) {
		return fmt.Errorf("%s would get the token without TLS: use rediss://; redis:// is for loopback addresses only", host)
	}
	return nil
}

// isName accepts a letter followed by letters, digits and hyphens.
func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// isHost accepts an IP address or a host name; underscores are for the names that container tools give.
func isHost(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Zone() == ""
	}
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return s != "" && len(s) <= 253 && strings.Trim(s, allowed) == "" && !strings.Contains("."+s+".", "..")
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// isLoopback tells from the name alone; it asks no resolver. RFC 6761 keeps localhost and the names below it on the machine.
func isLoopback(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// show quotes a wrong value for an error message, unless it is so wrong that a password might be in it.
func show(s string) string {
	if len(s) > 100 || strings.ContainsAny(s, "@/:?=&%#") {
		return "(not shown here)"
	}
	return strconv.Quote(s)
}
