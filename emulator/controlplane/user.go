package controlplane

import (
	"slices"
	"strings"

	"github.com/valetkey/valetkey"
)

// A user is one of ElastiCache's.
type user struct {
	UserID               string `xml:"UserId"`
	UserName             string
	Status               string
	Engine               string
	MinimumEngineVersion string
	AccessString         string
	UserGroupIDs         list[string] `xml:"UserGroupIds"`
	Authentication       authentication
	ARN                  string
}

// An authentication is a user's kind of it, in both protocols; only passwords are counted.
type authentication struct {
	Type          string
	PasswordCount *int `xml:",omitempty" json:",omitempty"`
}

// describeUsers answers the members of the user group, and the user default that every account has and that stays outside of a
// Valkey user group (documented). Source: its API reference.
func describeUsers(c *call) (any, *fault) {
	id := strings.ToLower(c.params.get("UserId"))
	cache := c.Cache()
	if err := c.allow(cache.arn(valetkey.ElastiCache, "user:"+orAll(id))); err != nil {
		return nil, err
	}
	all, err := find(users(c), id, func(u user) string { return strings.ToLower(u.UserID) }, notFound("UserNotFound", "User", id))
	if err != nil {
		return nil, err
	}
	if all, err = filtered(c, all); err != nil {
		return nil, err
	}
	some, next, err := page(c, byMarker(), all)
	return struct {
		Users  list[user]
		Marker string `xml:",omitempty"`
	}{list[user]{items: some}, next}, err
}

func users(c *call) []user {
	cache := c.Cache()
	all := []user{}
	if cache.Service == valetkey.ElastiCache {
		for _, u := range c.Users() {
			all = append(all, user{UserID: u.Name, UserName: u.Name, Status: "active", Engine: cache.Engine, MinimumEngineVersion: cache.minimumEngine(),
				AccessString: u.accessString(), UserGroupIDs: list[string]{items: []string{cache.UserGroup}},
				Authentication: u.authentication(), ARN: cache.arn(valetkey.ElastiCache, "user:"+u.Name)})
		}
	}
	if !slices.ContainsFunc(all, func(u user) bool { return u.UserID == "default" }) {
		all = append(all, user{UserID: "default", UserName: "default", Status: "active", Engine: "redis", MinimumEngineVersion: "6.0",
			AccessString: "on ~* +@all", Authentication: authentication{Type: "no-password"}, ARN: cache.arn(valetkey.ElastiCache, "user:default")})
	}
	return all
}

func (u User) authentication() authentication {
	if u.Passwords > 0 {
		return authentication{"password", &u.Passwords}
	}
	return authentication{Type: "iam"}
}

// filtered keeps the users that agree with the parameter Engine and with every filter.
func filtered(c *call, all []user) ([]user, *fault) {
	if engine := c.params.get("Engine"); engine != "" {
		all = slices.DeleteFunc(all, func(u user) bool { return !strings.EqualFold(u.Engine, engine) })
	}
	for _, f := range c.params.filters() {
		property, ok := map[string]func(user) []string{
			"UserId": func(u user) []string { return []string{u.UserID} }, "UserName": func(u user) []string { return []string{u.UserName} },
			"Status": func(u user) []string { return []string{u.Status} }, "UserGroupId": func(u user) []string { return u.UserGroupIDs.items },
		}[f.name]
		if !ok {
			return nil, invalidParameter("Filter %s is unknown here: use UserId, UserName, Status or UserGroupId.", printable(f.name))
		}
		all = slices.DeleteFunc(all, func(u user) bool { return !f.takes(property(u)) })
	}
	return all, nil
}
