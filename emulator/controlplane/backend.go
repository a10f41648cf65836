package controlplane

import (
	"time"

	"github.com/valetkey/valetkey/verify"
)

// A Backend is what the control plane tells about. It is asked anew for every request, from many goroutines at once.
type Backend interface {
	// Key returns an access key; its end is by the time of day.
	Key(id string) (verify.Key, bool)
	// Age is how long ago something was that is dated then. It is negative for the future.
	Age(then time.Time) time.Duration
	// Caller returns the ARN of whom the access key acts for. A key that acts for nobody is as good as unknown.
	Caller(key string) (arn string, ok bool)
	// Principal reports whether there is an IAM user or role of that ARN, and Role finds the role of that name.
	Principal(arn string) bool
	Role(name string) (arn string, ok bool)
	// Circumstances are the condition keys of a request from that address, in lower case.
	Circumstances(remote string) map[string]string
	// Decide asks the policies of a principal. The error says what is wrong with the question's own policies.
	Decide(Question) (Decision, error)
	// Cache is the one cache that there is.
	Cache() Cache
	// Users are the members of the cache's user group.
	Users() []User
}

// A Question is put to a principal's policies: may this be done to that, under these circumstances.
type Question struct {
	// Principal is its ARN.
	Principal string
	// Policies are documents in JSON that count as well.
	Policies []string
	// Action and Resource are what IAM calls them: elasticache:Connect, and an ARN or "*".
	Action, Resource string
	// Context has the values of the condition keys, by name in lower case.
	Context map[string]string
}

// A Decision is the answer. What is neither allowed nor denied is denied implicitly.
type Decision struct {
	// Allowed and Denied are not both true: an explicit deny wins.
	Allowed, Denied bool
	// Statements name those that decided.
	Statements []string
	// Missing are the condition keys that statements about this action and resource have, and the question has not.
	Missing []string
}
