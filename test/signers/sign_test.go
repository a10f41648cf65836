package signers

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/valetkey/valetkey/verify"
)

// A family is the signers of one program.
type family struct {
	signers []string
	// tokens signs a token for each line "SIGNER SERVICE NAME USER REGION KIND".
	tokens func(t *testing.T, c credentials, lines []string) []string
}

func families() []family {
	return []family{
		{[]string{"botocore"}, func(t *testing.T, c credentials, lines []string) []string {
			p := program{command: []string{filepath.Join(python().directory(t), "bin", "python"), "python/sign.py"}}
			return p.answers(t, c, lines)
		}},
		{[]string{"java-v1", "java-v2-Aws4Signer", "java-v2-AwsV4HttpSigner"}, func(t *testing.T, c credentials, lines []string) []string {
			return javaProgram(java().directory(t), "Sign").answers(t, c, lines)
		}},
		{[]string{"javascript-v3"}, func(t *testing.T, c credentials, lines []string) []string {
			return nodeProgram(node().directory(t), "node/sign.cjs").answers(t, c, lines)
		}},
		{[]string{"go-v2"}, goTokens},
		{[]string{"rust"}, func(t *testing.T, c credentials, lines []string) []string {
			p := program{command: []string{filepath.Join(rust().directory(t), "sign")}}
			return p.answers(t, c, lines)
		}},
	}
}

func javaProgram(dir, class string) program {
	classpath := strings.Join([]string{filepath.Join(dir, "classes"), filepath.Join(dir, "lib", "*")}, string(filepath.ListSeparator))
	return program{command: []string{"java", "-XX:TieredStopAtLevel=1", "-cp", classpath, class}}
}

func nodeProgram(dir, script string) program {
	return program{[]string{"node", script}, []string{"NODE_PATH=" + filepath.Join(dir, "node_modules")}}
}

// goTokens signs with the SDK's signer, and with nothing of this project.
func goTokens(t *testing.T, c credentials, lines []string) []string {
	t.Helper()
	var tokens []string
	for _, line := range lines {
		w := strings.Fields(line)
		query := url.Values{"Action": {"connect"}, "User": {w[3]}, "X-Amz-Expires": {"900"}}
		if w[5] == "serverless" {
			query.Set("ResourceType", "ServerlessCache")
		}
		request, err := http.NewRequest(http.MethodGet, "https://"+w[2]+"/?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		signed, _, err := v4.NewSigner().PresignHTTP(context.Background(),
			aws.Credentials{AccessKeyID: c.ID, SecretAccessKey: c.Secret, SessionToken: c.SessionToken}, request, emptySHA256, w[1], w[4], time.Now())
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, strings.TrimPrefix(signed, "https://"))
	}
	return tokens
}

// A claim is what a token is asked to say.
type claim struct{ service, name, user, region, kind string }

func (k kind) claim() claim {
	c := claim{string(k.service), cacheName, cacheUser, region, "nodes"}
	if k.serverless {
		c.kind = "serverless"
	}
	return c
}

func (c claim) line(signer string) string {
	return strings.Join([]string{signer, c.service, c.name, c.user, c.region, c.kind}, " ")
}

// falseClaims differ from the cache's in one thing each. A signer signs them as well as any.
func (k kind) falseClaims() (claims []claim, reasons []verify.Reason) {
	add := func(reason verify.Reason, change func(*claim)) {
		c := k.claim()
		change(&c)
		claims, reasons = append(claims, c), append(reasons, reason)
	}
	add(verify.WrongName, func(c *claim) { c.name = "billing" })
	add(verify.NameCase, func(c *claim) { c.name = "ORDERS" })
	add(verify.WrongUser, func(c *claim) { c.user = "admin" })
	add(verify.WrongRegion, func(c *claim) { c.region = "us-east-1" })
	other := map[string]string{"elasticache": "memorydb", "memorydb": "elasticache"}
	add(verify.WrongService, func(c *claim) { c.service = other[c.service] })
	if k.serverless {
		add(verify.ResourceTypeMissing, func(c *claim) { c.kind = "nodes" })
	} else {
		add(verify.ResourceTypeUnexpected, func(c *claim) { c.kind = "serverless" })
	}
	return claims, reasons
}

// Every signer's tokens are accepted, and refused for the right reason when the signer was asked for another cache, or when the token has been
// tampered with.
func TestForeignSigners(t *testing.T) {
	var caches []*cache
	for _, k := range []kind{nodeBased, serverless, memorydb} {
		caches = append(caches, k.open(t))
	}
	for _, f := range families() {
		t.Run(f.signers[0], func(t *testing.T) {
			t.Parallel()
			for _, c := range eachCredentials() {
				t.Run(c.name, func(t *testing.T) { f.check(t, c, caches) })
			}
		})
	}
}

// check signs everything in one go, because some programs take long to start.
func (f family) check(t *testing.T, c credentials, caches []*cache) {
	var lines []string
	for _, signer := range f.signers {
		for _, cache := range caches {
			lines = append(lines, cache.claim().line(signer))
			claims, _ := cache.falseClaims()
			for _, each := range claims {
				lines = append(lines, each.line(signer))
			}
		}
	}
	tokens := f.tokens(t, c, lines)
	for _, signer := range f.signers {
		for _, cache := range caches {
			_, reasons := cache.falseClaims()
			s := sample{signer: signer, credentials: c, token: tokens[0]}
			for i, reason := range reasons {
				s.mutants = append(s.mutants, mutant{"signed for " + string(reason), tokens[1+i], reason})
			}
			s.check(t, cache)
			tokens = tokens[1+len(reasons):]
		}
	}
}
