package emulator

import "slices"

// A Confidence says how well it is known that AWS's caches behave like that.
type Confidence string

// The degrees of confidence, from the best.
const (
	Documented Confidence = "documented" // AWS says so
	Measured   Confidence = "measured"   // a stock engine does so, and the emulator is compared with it
	Reported   Confidence = "reported"   // users, or the source of other programs, say so
	Assumed    Confidence = "assumed"    // nobody says so; where a switch exists, it is named
)

// A Behaviour is something that the server does as AWS's caches do, or are assumed to do.
type Behaviour struct {
	// What the server does, in a sentence.
	What string
	// Source is where it is documented, measured or reported, or why it is assumed.
	Source string
	// Confidence is that of the weakest part of What.
	Confidence Confidence
	// Test is the test that fails when the server does otherwise, as package and function.
	Test string
}

// The sources, as the table calls them.
const (
	dgAuth   = "ElastiCache guide, Authenticating with IAM"
	mdbAuth  = "MemoryDB guide, Authenticating with IAM"
	dgPublic = "ElastiCache guide, Connect to a cache with a public endpoint"
	dgRBAC   = "ElastiCache guide, Role-Based Access Control"
	dgMetric = "ElastiCache guide, Metrics for Valkey and Redis OSS"
	sigv4    = "IAM guide, Signature Version 4"
	iamEval  = "IAM guide, Policy evaluation logic"
	iamRef   = "Service Authorization Reference"
	toolkit  = "AWS Developer Toolkit for ElastiCache"
	stock    = "valkey-server 8.0.1"
	stocks   = stock + ", redis-server 7.0.15"

	dgEndpoints  = "ElastiCache guide, Finding connection endpoints"
	dgFailover   = "ElastiCache guide, Minimizing downtime by using Multi-AZ"
	dgCommands   = "ElastiCache guide, Supported and restricted commands"
	mdbCommands  = "MemoryDB guide, Restricted commands"
	dgServerless = "ElastiCache guide, Common troubleshooting steps"
	dgReplicas   = "ElastiCache guide, Best practices for using read replicas"
)

// Behaviours returns everything that the server claims, in four groups: the checks on AUTH in their order, the life of a
// connection, the profiles, and the switches. Each has a test.
func Behaviours() []Behaviour {
	return slices.Concat(checkBehaviours(), lifeBehaviours(), profileBehaviours(), switchBehaviours())
}

// profileBehaviours are what kinds of caches differ in.
func profileBehaviours() []Behaviour {
	return []Behaviour{
		{"Profile node-based: a primary endpoint, a reader endpoint over the replicas, an endpoint for each node; replicas answer writes with READONLY", dgEndpoints + "; " + stock, Documented, "emulator.TestNodeBasedHasReplicas"},
		{"The reader endpoint spreads connections over the replicas in turn; the guide says that it spreads them, not how", dgEndpoints, Documented, "emulator.TestReaderSpreadsConnections"},
		{"Without replicas the reader endpoint leads to the primary", "AWS re:Post, reader endpoint of a single node", Reported, "emulator.TestReaderWithoutReplicasIsThePrimary"},
		{"Profiles cluster-enabled and memorydb: a configuration endpoint for any node; nodes name each other by host name, as with TLS", dgEndpoints + "; Choosing a network type", Documented, "emulator.TestClusterNamesItsEndpoints"},
		{"Profile serverless: one virtual node has all slots, under the endpoint's own name, with a replica at the second port", dgServerless + "; " + dgReplicas + "; phpredis/phpredis#2724", Reported, "emulator.TestServerlessIsOneVirtualNode"},
		{"At the port for reading, writes are redirected with MOVED, as by a replica in a cluster", stock + "; that AWS does the same is assumed", Assumed, "emulator.TestServerlessIsOneVirtualNode"},
		{"The embedded engine describes its one shard as a real server does", stock, Measured, "emulator.TestEmbeddedClusterReadsAsARealOne"},
		{"Profile public: TLS 1.3 and nothing less", dgPublic, Documented, "emulator.TestPublicEndpointWantsTLS13"},
		{"Profile memorydb always speaks the cluster protocol", "MemoryDB guide, Finding connection endpoints", Documented, "emulator.TestMemoryDBIsACluster"},
		{"The commands that a service restricts are refused to everybody: ElastiCache's list, a longer one for serverless, MemoryDB's", dgCommands + "; " + mdbCommands, Documented, "emulator.TestServicesRefuseTheirCommands"},
		{"A restricted command is answered as an unknown one", "phpredis/phpredis#609, oliver006/redis_exporter#597", Reported, "emulator.TestRefusedCommandsReadAsUnknownOnes"},
		{"A restricted subcommand is answered as an unknown one", stock + "; that AWS does the same is assumed", Assumed, "emulator.TestRefusedCommandsReadAsUnknownOnes"},
		{"A serverless cache writes a restricted command in lower case, and does not quote its arguments", "oliver006/redis_exporter#1054, spring-projects/spring-data-redis#2815", Reported, "emulator.TestServerlessWordsForUnknownCommands"},
		{"A primary that fails is replaced by one of its replicas; the primary endpoint follows", dgFailover, Documented, "emulator.TestDroppedPrimaryIsReplaced"},
		{"In a cluster the replica takes over the slots, at once; on AWS that takes seconds to minutes", dgFailover + "; valkey-server 8.0.1", Documented, "emulator.TestDroppedShardIsTakenOver"},
	}
}

// checkBehaviours are the eighteen checks on AUTH and HELLO AUTH.
func checkBehaviours() []Behaviour {
	return []Behaviour{
		{"1: a client without TLS gets no further than the handshake", dgAuth, Documented, "emulator.TestPlaintextClientIsTold"},
		{"2: before authentication at most 10 arguments of 16384 bytes, else a protocol error and the end", stocks, Measured, "emulator.TestProtocolErrors"},
		{"3: arity, HELLO's version and options, RESP2's subscribe mode: the engine's own texts", stocks, Measured, "emulator.TestStockAnswers"},
		{"4: AUTH and HELLO inside MULTI are refused when they are queued, in the emulator's words; the rule is documented, text and moment are not", dgAuth + "; switch AuthInMulti", Assumed, "emulator.TestAuthInsideMultiSpoilsTheTransaction"},
		{"5: while IAM is down or throttles, new connections hear ERR service is not available, others their own two texts; documented for public endpoints, reported for others", dgPublic, Reported, "emulator.TestFaultsHaveTheirTexts"},
		{"6: the user must exist, be on and be in the user group; one argument means the user default, which is off", dgRBAC, Documented, "emulator.TestEachRefusalHasItsReason"},
		{"7: a password user needs one of its passwords, an IAM user a token", dgRBAC, Documented, "emulator.TestPasswordUserHasNoLimit"},
		{"8: the token is NAME/?query without a scheme, strictly encoded, no parameter missing, twice or unknown", toolkit + "; strictness assumed", Assumed, "verify.TestEveryReason"},
		{"9: X-Amz-Algorithm is AWS4-HMAC-SHA256, and host the only signed header", toolkit + "; strictness assumed", Assumed, "verify.TestEveryReason"},
		{"10: the name is the cache's, in lower case, and never its endpoint", dgAuth, Documented, "emulator.TestEachRefusalHasItsReason"},
		{"11: Action is connect, and User the name sent with AUTH", dgAuth, Documented, "emulator.TestEachRefusalHasItsReason"},
		{"12: ResourceType is ServerlessCache for serverless caches and absent for others; GLIDE never sends it", toolkit + "; switch LenientResourceType", Assumed, "emulator.TestServerlessWantsResourceType"},
		{"13: the credential scope has the day of X-Amz-Date, the cache's region and service", sigv4, Documented, "emulator.TestEachRefusalHasItsReason"},
		{"14: X-Amz-Date at most 5 minutes in the future, X-Amz-Expires 1 to 900, and the token not over; the end is documented, both bounds are not", dgAuth, Assumed, "verify.TestBoundaries"},
		{"15: the access key exists and is active; a temporary one comes with its session token and has not expired; a token dies with its credentials", dgPublic + "; " + sigv4, Documented, "verify.TestCredentialsEndTheToken"},
		{"16: the signature, over every parameter and an empty body, under the server's own name; AWS's two published examples are accepted", "aws-samples/elasticache-iam-auth-demo-app", Measured, "verify.TestGoldenVectors"},
		{"17: the principal may connect to the cache's ARN and to the user's; what is not allowed is denied, and an explicit deny wins", dgAuth + "; " + iamEval, Documented, "emulator.TestPoliciesDecide"},
		{"17: condition keys: aws:SourceIp and aws:ResourceTag for replication groups", dgAuth, Documented, "emulator.TestPoliciesDecide"},
		{"17: condition keys: aws:VpcSourceIp, SourceVpc, SourceVpce, CurrentTime, EpochTime and ResourceTag for serverless caches", dgAuth, Documented, "emulator.TestServerlessSuppliesOtherConditionKeys"},
		{"17: MemoryDB has the condition keys of replication groups; the guide says only that some are missing", mdbAuth, Assumed, "emulator.TestARNsOfEveryKindOfCache"},
		{"17: ARNs are written with colons for ElastiCache and with slashes for MemoryDB, in the region's partition", iamRef, Documented, "emulator.TestARNsOfEveryKindOfCache"},
		{"17: an account's root needs no policy", "AWS Database Blog, 2022-11-29", Reported, "emulator.TestPermissionsAreTheKeys"},
		{"18: a good AUTH sets the identity and starts the session's clock", dgAuth, Documented, "emulator.TestSessionIsCutAtTwelveHours"},
		{"6 to 17: every refusal reads WRONGPASS invalid username-password pair or user is disabled.", dgPublic + "; its text from users", Reported, "emulator.TestEachRefusalHasItsReason"},
	}
}

// lifeBehaviours are what happens to a connection.
func lifeBehaviours() []Behaviour {
	return []Behaviour{
		{"A connection ends 12 hours after its last good AUTH by IAM; AUTH or HELLO AUTH with a new token prolongs it", dgAuth, Documented, "emulator.TestFreshAuthProlongs"},
		{"The end comes to the second, whatever is under way, blocked or subscribed", "reports show a closed socket, not when", Assumed, "emulator.TestCutReachesTheBlockedAndTheIdle"},
		{"The end of a token touches no connection", dgPublic, Documented, "emulator.TestTokenLivesFifteenMinutesAndConnectionsLonger"},
		{"Permissions and access keys that are taken away touch no connection", dgPublic, Documented, "emulator.TestPermissionsAreTheKeys"},
		{"Credentials that expire end the tokens signed with them, and no connection", dgPublic, Documented, "emulator.TestAdvanceEndsCredentials"},
		{"Removing a user from the group cuts its connections; modifying or disabling it does not", dgRBAC, Documented, "emulator.TestRemovedUserIsCutAndDisabledUserStays"},
		{"A refused AUTH leaves the connection authenticated as before, and its clock", stock + "; a user's report", Measured, "emulator.TestFailedAuthKeepsTheSessionAndItsClock"},
		{"RESET forgets the authentication and stops the clock; that caches allow RESET is assumed", stock, Assumed, "emulator.TestResetStopsTheClock"},
		{"AUTH as a password user stops the clock", "nothing says so", Assumed, "emulator.TestPasswordUserHasNoLimit"},
		{"Before authentication everything but AUTH, HELLO, QUIT and RESET is answered with NOAUTH", dgPublic + "; " + stocks, Measured, "emulator.TestStockAnswers"},
		{"A RESP2 subscriber cannot authenticate again, a RESP3 subscriber can", stock, Measured, "emulator.TestSubscriberRenewsUnderRESP3Only"},
		{"AUTH in a pipeline is answered in its place", stock, Measured, "emulator.TestPipelinedAuthKeepsTheOrder"},
		{"What a client sees is what a server would have sent, byte for byte, in random conversations", stock, Measured, "emulator.TestAnswersWhatAServerAnswers"},
		{"IamAuthenticationExpirations counts the connections that were cut at the limit", dgMetric, Documented, "emulator.TestSessionIsCutAtTwelveHours"},
		{"IamAuthenticationThrottling counts throttled AUTH and HELLO; the rate is not published", dgMetric, Documented, "emulator.TestAuthRate"},
		{"AuthenticationFailures counts refused AUTH and HELLO", dgMetric, Documented, "emulator.TestEachRefusalHasItsReason"},
	}
}

// switchBehaviours are what the server does when it is told to.
func switchBehaviours() []Behaviour {
	return []Behaviour{
		{"LenientResourceType: a serverless cache accepts tokens without ResourceType", "GLIDE's source, which sends none", Reported, "emulator.TestServerlessWantsResourceType"},
		{"AuthInMulti=queue: AUTH inside MULTI is queued and takes effect at EXEC; HELLO is refused", stock, Measured, "emulator.TestQueuedAuthIsWhatAServerDoes"},
		{"SameToken=extend (default): the token of the last AUTH prolongs the session again", "the guide says \"a new token\"; tokens of one second are the same", Assumed, "emulator.TestSameTokenAgain"},
		{"SameToken=ignore or refuse: it does not, and is answered with OK or WRONGPASS", "the opposite assumption", Assumed, "emulator.TestSameTokenAgain"},
		{"CutReply=none (default): nothing is said at the end of a session", "reports show a closed socket", Reported, "emulator.TestSessionIsCutAtTwelveHours"},
		{"CutReply=error: an error is, in the emulator's words", "the opposite assumption", Assumed, "emulator.TestErrorAtTheCut"},
		{"DropAuthErrors: a refused AUTH behind other commands of one batch is not answered", "valkey-io/valkey#2287, redis/redis#15640", Measured, "emulator.TestDroppedAuthErrors"},
	}
}
