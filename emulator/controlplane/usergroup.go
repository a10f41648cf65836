package controlplane

import (
	"strings"

	"github.com/valetkey/valetkey"
)

// A userGroup is one of ElastiCache's.
type userGroup struct {
	UserGroupID          string `xml:"UserGroupId"`
	Status               string
	Engine               string
	UserIDs              list[string] `xml:"UserIds"`
	MinimumEngineVersion string
	PendingChanges       struct{}
	ReplicationGroups    list[string]
	ServerlessCaches     list[string]
	ARN                  string
}

// describeUserGroups answers the user group of the cache. Source: its API reference.
func describeUserGroups(c *call) (any, *fault) {
	id := strings.ToLower(c.params.get("UserGroupId"))
	cache := c.Cache()
	if err := c.allow(cache.arn(valetkey.ElastiCache, "usergroup:"+orAll(id))); err != nil {
		return nil, err
	}
	var all []userGroup
	if cache.Service == valetkey.ElastiCache {
		all = append(all, cache.userGroup(c.Users()))
	}
	all, err := find(all, id, func(g userGroup) string { return strings.ToLower(g.UserGroupID) }, notFound("UserGroupNotFound", "UserGroup", id))
	if err != nil {
		return nil, err
	}
	some, next, err := page(c, byMarker(), all)
	return struct {
		UserGroups list[userGroup]
		Marker     string `xml:",omitempty"`
	}{list[userGroup]{items: some}, next}, err
}

func (c Cache) userGroup(members []User) userGroup {
	g := userGroup{UserGroupID: c.UserGroup, Status: "active", Engine: c.Engine, MinimumEngineVersion: c.minimumEngine(),
		UserIDs: list[string]{items: names(members)}, ARN: c.arn(valetkey.ElastiCache, "usergroup:"+c.UserGroup)}
	if c.Serverless {
		g.ServerlessCaches.items = []string{c.Name}
	} else {
		g.ReplicationGroups.items = []string{c.Name}
	}
	return g
}

func names(users []User) []string {
	all := []string{} // a list in JSON even when it is empty
	for _, u := range users {
		all = append(all, u.Name)
	}
	return all
}
