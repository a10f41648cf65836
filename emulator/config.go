package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

// The credentials of a server that was given none. AWS uses them throughout its documentation; no account has them.
const (
	ExampleAccessKeyID     = "AKIAIOSFODNN7EXAMPLE"
	ExampleSecretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// Config says which cache the server plays, who may connect, and what stands behind it. The zero value plays the
// ElastiCache replication group "orders" in eu-west-1 with the IAM user "app", the example access key, TLS, and the
// embedded engine. It must not change once the server has started.
//
// What a token must say comes from here and never from the token, which is what makes the check a check.
type Config struct {
	// Name is the replication group id, serverless cache name or MemoryDB cluster name; default "orders". AWS stores
	// names in lower case, and so does the server.
	Name string
	// Region is the AWS region that a token must be signed for; default "eu-west-1".
	Region string
	// Service is the AWS service that a token must be signed for; default ElastiCache.
	Service valetkey.Service
	// Serverless plays an ElastiCache serverless cache: tokens need ResourceType=ServerlessCache.
	Serverless bool
	// LenientResourceType accepts tokens without ResourceType for a serverless cache. AWS's documentation and the clients
	// contradict each other here; the documented, strict rule is the default.
	LenientResourceType bool
	// Assumptions decide what else is not documented.
	Assumptions Assumptions

	// Profile is the kind of cache to play; default one node behind one endpoint. It decides Service and Serverless, which can be
	// left out beside it.
	Profile Profile
	// Shards is the number of shards of the profiles ClusterEnabled and MemoryDBCluster, at least 1. Several need a real engine.
	Shards int
	// Replicas is the number of replicas of each shard, or of the primary of a NodeBased profile.
	Replicas int
	// Engine is what answers commands: [Embedded], which is the default, or a server program that is started for each node and
	// ends with the server, by its name on PATH or its path: "valkey-server", "valkey-server=/opt/valkey/bin/valkey-server".
	Engine string
	// AllowRestricted lets clients use the commands that the service refuses, as far as the engine knows them.
	AllowRestricted bool

	// Users are the members of the user group; default one IAM user "app". The user "default" is off unless it is listed.
	// Users can be added and removed later.
	Users []User
	// Keys are the access keys that exist; default the example key. Keys can be added and revoked later.
	Keys []verify.Key
	// Principals are who the keys act for, with what IAM allows them. With none, which is the default, every key may connect
	// as every user. They can be added and changed later.
	Principals []Principal
	// Account is the AWS account in the ARNs that policies are held against; default 123456789012.
	Account string
	// Tags are the cache's, for the condition key aws:ResourceTag.
	Tags map[string]string
	// ClientIP, SourceVPC and SourceVPCE are where policies see connections come from: by default the client's address, and
	// no VPC nor endpoint.
	ClientIP, SourceVPC, SourceVPCE string

	// SessionLimit is how long a connection lasts after its last authentication by IAM; default 12 h, as documented.
	SessionLimit time.Duration
	// TokenLife is how long a token is good for after it was signed, at most the 15 min that are documented and the default.
	TokenLife time.Duration
	// ClockSkew is how far in the future a token may be dated; default 5 min (assumed from Signature Version 4 in general),
	// none if negative.
	ClockSkew time.Duration

	// Listen is where Start listens; default "127.0.0.1:0", a free port. Further endpoints have the ports that follow, or free ones.
	Listen string
	// Host is the host name by which clients reach the server, if that is not the one of Listen: it appears in addresses, in the
	// replies of a cluster, and in the certificate.
	Host string
	// InMemory makes Start listen nowhere: connections come from Dial alone. For tests under testing/synctest.
	InMemory bool
	// NoTLS serves plaintext, on loopback only. The real service has no such thing.
	NoTLS bool
	// TLSDir keeps the certificate authority in a directory as ca.pem (for clients) and ca-key.pem (mode 0600), and takes it
	// from there the next time. Without it the authority lives and dies with the server.
	TLSDir string
	// TLSNames are further host names or IP addresses for the server's certificate, beside localhost, 127.0.0.1 and ::1.
	TLSNames []string

	// Admin is a loopback address for the admin endpoint, such as "127.0.0.1:0"; default none. Whoever reaches it can see what
	// clients were refused, and move the clock, inject faults, cut connections and revoke keys and users. It tells no secrets.
	Admin string
	// ControlPlane is an address to answer on what AWS's APIs tell about a cache, such as "127.0.0.1:0"; default none. Without a
	// host it is loopback's. Requests must be signed by one of the access keys, and nothing can be changed; it is plain HTTP.
	ControlPlane string
	// UserGroup is the name of the user group or, for MemoryDB, of the ACL; default the cache's name with "-users" behind it.
	UserGroup string

	// Upstream is the host:port of a Valkey or Redis server, plaintext, to stand in front of; default the embedded engine.
	Upstream string
	// UpstreamUser and UpstreamPassword authenticate at the upstream server; without a password no AUTH is sent.
	UpstreamUser, UpstreamPassword string

	// Logger gets one line for each event, refusals as warnings; default none.
	Logger *slog.Logger
	// OnEvent is called for each event, from the connection's own goroutine: it should return soon and must not call Close.
	OnEvent func(Event)
}

// withDefaults fills in what was left zero.
func (c Config) withDefaults() Config {
	c.Name = strings.ToLower(cmp.Or(c.Name, "orders"))
	c.Region = cmp.Or(c.Region, "eu-west-1")
	c = c.withProfile()
	c.Service = cmp.Or(c.Service, valetkey.ElastiCache)
	if len(c.Users) == 0 {
		c.Users = []User{{Name: "app"}}
	}
	if len(c.Keys) == 0 {
		c.Keys = []verify.Key{{ID: ExampleAccessKeyID, Secret: ExampleSecretAccessKey}}
	}
	c.UserGroup = cmp.Or(c.UserGroup, c.Name+"-users")
	c.Account = cmp.Or(c.Account, "123456789012")
	c.SessionLimit = cmp.Or(c.SessionLimit, 12*time.Hour)
	c.TokenLife = cmp.Or(c.TokenLife, 15*time.Minute)
	c.ClockSkew = cmp.Or(c.ClockSkew, 5*time.Minute)
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	return c
}

// validate refuses what would make a server that refuses everything, or one that protects nothing.
func (c Config) validate() error {
	if err := c.validateUsers(); err != nil {
		return err
	}
	if err := c.Assumptions.validate(); err != nil {
		return err
	}
	if err := c.validateProfile(); err != nil {
		return err
	}
	switch {
	case c.SessionLimit < 0:
		return fmt.Errorf("emulator: session limit %s is negative", c.SessionLimit)
	case c.TokenLife < 0 || c.TokenLife > 15*time.Minute:
		return fmt.Errorf("emulator: token life %s is not between 0 and 15m, the longest that AWS allows", c.TokenLife)
	case c.Admin != "" && !loopback(c.Admin):
		return fmt.Errorf("emulator: admin endpoint on %s is refused: it is for loopback addresses only", c.Admin)
	case c.NoTLS && !c.InMemory && !loopback(c.Listen):
		return fmt.Errorf("emulator: plaintext on %s is refused: without TLS only a loopback address is served", c.Listen)
	}
	for _, k := range c.Keys {
		if k.ID == "" || k.Secret == "" {
			return errors.New("emulator: an access key needs an id and a secret")
		}
	}
	return nil
}

func (c Config) validateUsers() error {
	for _, u := range c.Users {
		if !u.iam() {
			continue
		}
		if err := c.target(u.Name).Validate(); err != nil {
			return fmt.Errorf("emulator: %w", err)
		}
	}
	return nil
}

// target is the cache as a client of that user names it.
func (c Config) target(user string) valetkey.Target {
	return valetkey.Target{Service: c.Service, Name: c.Name, User: strings.ToLower(user), Region: c.Region,
		Serverless: c.Serverless, Plaintext: c.NoTLS}
}

// certificateNames are the names by which clients reach the server, beside those that its certificate always has.
func (c Config) certificateNames() []string {
	if c.Host == "" {
		return c.TLSNames
	}
	return append([]string{c.Host}, c.TLSNames...)
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
