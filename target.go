package valetkey

// A Service is the AWS service that hosts a cache, as it appears in a token's credential scope.
type Service string

// The services that accept IAM tokens.
const (
	ElastiCache Service = "elasticache"
	MemoryDB    Service = "memorydb"
)

// A Target names the cache a token is for and the user it is for.
type Target struct {
	// Service is the AWS service; empty means [ElastiCache].
	Service Service
	// Name is the replication group id, the serverless cache name or the MemoryDB cluster name,
	// never the DNS endpoint. AWS lower-cases names when it creates them, and so does valetkey.
	Name string
	// User is the user id, which must be equal to the user name.
	User string
	// Region is the AWS region of the cache, such as "eu-west-1".
	Region string
	// Serverless says that Name is an ElastiCache serverless cache.
	Serverless bool
	// Address is the endpoint's host:port where it is known (ParseTarget fills it); it is no part of a token.
	Address string
	// Plaintext says that the target was given as redis:// and is reached without TLS.
	Plaintext bool
}
