package controlplane

import (
	"slices"
	"strings"

	"github.com/valetkey/valetkey"
)

// openAccess is the ACL that every account has; it lets the user default do everything, without a password (documented).
const openAccess = "open-access"

// An acl is one of MemoryDB's, which is to it what a user group is to ElastiCache.
type acl struct {
	Name                 string
	Status               string
	UserNames            []string
	MinimumEngineVersion string
	Clusters             []string
	ARN                  string
}

// An aclUser is one of MemoryDB's.
type aclUser struct {
	Name                 string
	Status               string
	AccessString         string
	ACLNames             []string
	MinimumEngineVersion string
	Authentication       authentication
	ARN                  string
}

// describeACLs answers the cluster's ACL and open-access. Source: its API reference.
func describeACLs(c *call) (any, *fault) {
	name := strings.ToLower(c.params.get("ACLName"))
	cache := c.Cache()
	if err := c.allow(cache.arn(valetkey.MemoryDB, "acl/"+orAll(name))); err != nil {
		return nil, err
	}
	all := []acl{{openAccess, "active", []string{"default"}, "6.2", []string{}, cache.arn(valetkey.MemoryDB, "acl/"+openAccess)}}
	if cache.Service == valetkey.MemoryDB {
		all = append(all, acl{cache.UserGroup, "active", names(c.Users()), cache.minimumEngine(), []string{cache.Name},
			cache.arn(valetkey.MemoryDB, "acl/"+cache.UserGroup)})
	}
	all, err := find(all, name, func(a acl) string { return strings.ToLower(a.Name) }, notFound("ACLNotFoundFault", "ACL", name))
	if err != nil {
		return nil, err
	}
	some, next, err := page(c, byToken(), all)
	return struct {
		ACLs      []acl
		NextToken string `json:",omitempty"`
	}{some, next}, err
}

// describeACLUsers answers MemoryDB's DescribeUsers: the members of the cluster's ACL, and the user default of open-access.
func describeACLUsers(c *call) (any, *fault) {
	name := strings.ToLower(c.params.get("UserName"))
	if err := c.allow(c.Cache().arn(valetkey.MemoryDB, "user/"+orAll(name))); err != nil {
		return nil, err
	}
	all, err := find(aclUsers(c), name, func(u aclUser) string { return strings.ToLower(u.Name) }, notFound("UserNotFoundFault", "User", name))
	if err != nil {
		return nil, err
	}
	if filters := c.params.filters(); len(filters) > 0 {
		return nil, invalidParameter("Filters are not known here: AWS documents none for these users.")
	}
	some, next, err := page(c, byToken(), all)
	return struct {
		Users     []aclUser
		NextToken string `json:",omitempty"`
	}{some, next}, err
}

func aclUsers(c *call) []aclUser {
	cache := c.Cache()
	var all []aclUser
	if cache.Service == valetkey.MemoryDB {
		for _, u := range c.Users() {
			all = append(all, aclUser{u.Name, "active", u.accessString(), []string{cache.UserGroup}, cache.minimumEngine(), u.authentication(),
				cache.arn(valetkey.MemoryDB, "user/"+u.Name)})
		}
	}
	if !slices.ContainsFunc(all, func(u aclUser) bool { return u.Name == "default" }) {
		all = append(all, aclUser{"default", "active", "on ~* &* +@all", []string{openAccess}, "6.0", authentication{Type: "no-password"},
			cache.arn(valetkey.MemoryDB, "user/default")})
	}
	return all
}
