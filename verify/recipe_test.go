package verify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// A recipe is a signer of the tests' own, which signs right and wrong tokens alike. It shares no code with the
// package: net/url does its encoding and sorting. The golden vectors hold it to AWS's.
type recipe struct {
	name, secret, payload          string
	key, day, region, service, end string
	params                         [][2]string // decoded, in wire order; without credential and signature
	credential                     string      // overrides the five parts
	unsignedSession                bool        // send the session token without signing it
}

// set replaces, adds or (value "-") drops a parameter.
func (r recipe) set(name, value string) recipe {
	r.params = slices.DeleteFunc(slices.Clone(r.params), func(p [2]string) bool { return p[0] == name && value == "-" })
	i := slices.IndexFunc(r.params, func(p [2]string) bool { return p[0] == name })
	switch {
	case value == "-":
	case i >= 0:
		r.params[i][1] = value
	default:
		r.params = append(r.params, [2]string{name, value})
	}
	return r
}

// at sets the instant of signing, in X-Amz-Date and in the scope.
func (r recipe) at(t time.Time) recipe {
	r.day = t.Format("20060102")
	return r.set("X-Amz-Date", t.Format("20060102T150405Z"))
}

func (r recipe) get(name string) string {
	for _, p := range r.params {
		if p[0] == name {
			return p[1]
		}
	}
	return ""
}

// token signs and returns the token.
func (r recipe) token() string {
	scope := strings.Join([]string{r.day, r.region, r.service, r.end}, "/")
	if r.credential == "" {
		r.credential = r.key + "/" + scope
	}
	r = r.set("X-Amz-Credential", r.credential)
	signed := url.Values{}
	var wire []string
	for _, p := range r.params {
		wire = append(wire, escape(p[0])+"="+escape(p[1]))
		if p[0] != "X-Amz-Security-Token" || !r.unsignedSession {
			signed.Add(p[0], p[1])
		}
	}
	query := strings.ReplaceAll(signed.Encode(), "+", "%20")
	canonical := "GET\n/\n" + query + "\nhost:" + r.name + "\n\nhost\n" + r.payload
	sum := sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n" + r.get("X-Amz-Date") + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	k := hash(hash(hash(hash([]byte("AWS4"+r.secret), r.day), r.region), r.service), r.end)
	return r.name + "/?" + strings.Join(wire, "&") + "&X-Amz-Signature=" + hex.EncodeToString(hash(k, text))
}

func hash(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// The instant at which the good tokens are signed, and the one at which they are verified.
var (
	signedAt = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	now      = signedAt.Add(10 * time.Second)
)

const (
	longKey, longSecret = "fakeAccessKeyId", "fakeSecretKey"
	tempKey, tempSecret = "ASIAFAKEFAKEFAKEFAKE", "fake/Temporary+SecretKey"
	sessionToken        = "IQoJb3JpZ2luX2VjEA8a/CmV1LXdlc3QtMSJ+HMEUCIQDfake//token+with/all=="
)

// golden is the token of AWS's first golden vector.
func golden() recipe {
	r := recipe{
		name: "my-replication-group-id", key: longKey, secret: longSecret, region: "eu-west-1", service: "elasticache",
		end: "aws4_request", payload: emptySHA256,
		params: [][2]string{
			{"Action", "connect"}, {"User", "my-user-id"}, {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"}, {"X-Amz-Credential", ""},
			{"X-Amz-Date", ""}, {"X-Amz-Expires", "900"}, {"X-Amz-SignedHeaders", "host"},
		},
	}
	return r.at(signedAt)
}

// temporary is signed with temporary credentials.
func (r recipe) temporary() recipe {
	r.key, r.secret = tempKey, tempSecret
	return r.set("X-Amz-Security-Token", sessionToken)
}

func serverless() recipe {
	r := golden().temporary().set("ResourceType", "ServerlessCache")
	r.name = "my-serverless-cache"
	return r
}

func memorydb() recipe {
	r := golden().set("User", "default.iam-user")
	r.name, r.service, r.region = "my-cluster", "memorydb", "ap-southeast-2"
	return r
}

// want is what the recipe is for.
func (r recipe) want() verify.Want {
	return verify.Want{At: now, Target: valetkey.Target{
		Service: valetkey.Service(r.service), Name: r.name, User: r.get("User"), Region: r.region,
		Serverless: r.get("ResourceType") != "",
	}}
}

// keys are those that every test's verifier knows.
func keys() verify.StaticKeys {
	return verify.NewStaticKeys(
		verify.Key{ID: longKey, Secret: longSecret},
		verify.Key{ID: "otherAccessKeyId", Secret: "otherSecretKey"},
		verify.Key{ID: "revokedAccessKeyId", Secret: longSecret, Revoked: true},
		verify.Key{ID: "secretlessKeyId"},
		verify.Key{ID: tempKey, Secret: tempSecret, SessionToken: sessionToken, Expires: signedAt.Add(time.Hour)},
		verify.Key{ID: "ASIAENDED", Secret: tempSecret, SessionToken: sessionToken, Expires: now},
	)
}

func verifier() *verify.Verifier { return &verify.Verifier{Keys: keys()} }
