package controlplane

import (
	"slices"
	"time"

	"github.com/valetkey/valetkey"
)

// A service is one of AWS's, at the one address that they all share here.
type service struct {
	name    string // in the scope of a signature
	version string // of its API
	xmlns   string // "" for JSON
	skew    time.Duration
	regions func(Cache) []string // that a signature may be for
	actions map[string]action
}

// An action answers one request. The result is what the protocol wraps and writes.
type action func(*call) (result any, err *fault)

// jsonTarget begins the X-Amz-Target of MemoryDB's requests.
const jsonTarget = "AmazonMemoryDB."

// services are all there are. Five minutes of skew are what the IAM User Guide documents "in most cases", and fifteen what users
// of STS have reported.
func services() []service {
	return []service{
		{string(valetkey.ElastiCache), "2015-02-02", "http://elasticache.amazonaws.com/doc/2015-02-02/", 5 * time.Minute, oneRegion,
			map[string]action{"DescribeReplicationGroups": describeReplicationGroups, "DescribeCacheClusters": describeCacheClusters,
				"DescribeServerlessCaches": describeServerlessCaches, "DescribeUsers": describeUsers, "DescribeUserGroups": describeUserGroups}},
		{string(valetkey.MemoryDB), "2021-01-01", "", 5 * time.Minute, oneRegion,
			map[string]action{"DescribeClusters": describeClusters, "DescribeUsers": describeACLUsers, "DescribeACLs": describeACLs}},
		{"sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", 15 * time.Minute, globalRegion,
			map[string]action{"GetCallerIdentity": getCallerIdentity}},
		{"iam", "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/", 5 * time.Minute, globalRegion,
			map[string]action{"SimulatePrincipalPolicy": simulatePrincipalPolicy, "GetRole": getRole}},
	}
}

// serviceOf tells by the version which service a request is for, as AWS tells by the host.
func serviceOf(version string) (service, bool) {
	all := services()
	i := slices.IndexFunc(all, func(s service) bool { return s.version == version })
	if i < 0 {
		return service{}, false
	}
	return all[i], true
}

// oneRegion is that of a regional service.
func oneRegion(c Cache) []string { return []string{c.Region} }

// globalRegion is that of a service with one address for a whole partition. An SDK whose endpoint was set by hand signs for the
// region of its configuration all the same, so that counts too.
func globalRegion(c Cache) []string {
	global := map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
	return []string{c.Region, global[partition(c.Region)]}
}
