// Package controlplane answers the questions about a cache that AWS's own APIs answer, in their wire formats: which cache is
// this, which users may log in, who am I, and what do my policies allow. The AWS SDKs and the AWS CLI work against it when their
// endpoint is set to it (AWS_ENDPOINT_URL, --endpoint-url).
//
// It speaks the query protocol for ElastiCache (version 2015-02-02), STS (2011-06-15) and IAM (2010-05-08), and JSON 1.1 for
// MemoryDB, with these actions:
//
//	ElastiCache  DescribeReplicationGroups DescribeCacheClusters DescribeServerlessCaches DescribeUsers DescribeUserGroups
//	MemoryDB     DescribeClusters DescribeUsers DescribeACLs
//	STS          GetCallerIdentity
//	IAM          SimulatePrincipalPolicy GetRole
//
// Nothing can be changed through it. Every request must carry a Signature Version 4 in its Authorization header, by an access key
// that the [Backend] knows, and is verified with code of its own. Presigned requests are not answered.
//
// # What is known of AWS
//
// Names of actions, fields and faults, and HTTP statuses, are those of the services' models. The texts of faults are what users
// have reported where there is a report, and otherwise the emulator's own. The order in which a request's mistakes are looked for
// is not documented, and assumed.
package controlplane
