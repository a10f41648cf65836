package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/seeded"
)

// A signing is one token and what it was made of, in the form that botocore_sign.py reads.
type signing struct {
	Service      string `json:"service"`
	Name         string `json:"name"`
	User         string `json:"user"`
	Region       string `json:"region"`
	Serverless   bool   `json:"serverless"`
	AccessKey    string `json:"access_key"`
	SecretKey    string `json:"secret_key"`
	SessionToken string `json:"session_token"`
	Date         string `json:"date"`
	Expires      int    `json:"expires"`
	token        string
}

// Botocore and valetkey make the same token of the same target at the same instant: a difference is a mistake in one of them,
// and botocore's tokens are the ones that AWS accepts.
func TestSameTokensAsBotocore(t *testing.T) {
	python := needs.Botocore(t)
	ours := randomSignings(t, 500)
	kinds := map[string]int{}
	for i, token := range botocoreTokens(t, python, ours) {
		s := ours[i]
		kinds[s.Service+" serverless="+strconv.FormatBool(s.Serverless)]++
		if got, want := parameters(t, s.token), parameters(t, token); got != want {
			t.Errorf("%+v:\n valetkey %s\n botocore %s", s, got, want)
		}
	}
	if len(kinds) != 3 {
		t.Errorf("signed only for %v", kinds)
	}
	t.Logf("compared %v", kinds)
}

// parameters is a token in an order of its own, since the order on the wire does not matter. The keys here are made up,
// so the token may be shown.
func parameters(t *testing.T, token string) string {
	t.Helper()
	host, query, ok := strings.Cut(token, "/?")
	q, err := url.ParseQuery(query)
	if !ok || err != nil || len(q.Get("X-Amz-Signature")) != 64 {
		t.Fatalf("%q is no token: %v", token, err)
	}
	return host + " " + q.Encode()
}

// botocoreTokens signs everything in one process.
func botocoreTokens(t *testing.T, python string, list []signing) []string {
	t.Helper()
	var in bytes.Buffer
	for _, s := range list {
		if err := json.NewEncoder(&in).Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	var stderr strings.Builder
	cmd := exec.Command(python, "testdata/botocore_sign.py")
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var tokens []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var line struct{ Token string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, line.Token)
	}
	if len(tokens) != len(list) {
		t.Fatalf("botocore signed %d of %d", len(tokens), len(list))
	}
	return tokens
}

// randomSignings signs n random targets with valetkey, over decades of the clock. VALETKEY_SEED repeats a run.
func randomSignings(t *testing.T, n int) []signing {
	t.Helper()
	r := dice{rand.New(rand.NewPCG(seeded.Seed(t), 0))}
	var list []signing
	synctest.Test(t, func(t *testing.T) {
		for range n {
			time.Sleep(r.duration(30 * 24 * time.Hour))
			list = append(list, r.sign(t))
		}
	})
	return list
}

// dice makes random but legal values.
type dice struct{ *rand.Rand }

// sign makes a signing with its token.
func (r dice) sign(t *testing.T) signing {
	t.Helper()
	target, creds := r.target(), r.credentials()
	s, err := valetkey.NewSigner(target, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return creds, nil }))
	if err != nil {
		t.Fatalf("%+v: %v", target, err)
	}
	s.Life = time.Second + r.duration(16*time.Minute)
	now := time.Now()
	token, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	signed := now.UTC().Truncate(time.Second)
	return signing{
		Service: string(s.Target.Service), Name: s.Target.Name, User: s.Target.User, Region: s.Target.Region, Serverless: s.Target.Serverless,
		AccessKey: creds.AccessKeyID, SecretKey: creds.SecretAccessKey, SessionToken: creds.SessionToken,
		Date: signed.Format("20060102T150405Z"), Expires: int(token.Expires().Sub(signed) / time.Second), token: token.Secret(),
	}
}

func (r dice) target() valetkey.Target {
	t := valetkey.Target{Service: valetkey.ElastiCache, Name: r.name(40), User: r.name(40), Region: r.region()}
	switch r.IntN(3) {
	case 1:
		t.Serverless = true
	case 2:
		t.Service = valetkey.MemoryDB
	}
	if r.IntN(4) == 0 {
		t.User = "default." + t.User
	}
	return t
}

// credentials have session tokens of no, common and extreme length in the alphabet of base64.
func (r dice) credentials() aws.Credentials {
	const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
	session := []int{0, 1 + r.IntN(40), 400 + r.IntN(800), 4096}[r.IntN(4)]
	return aws.Credentials{
		AccessKeyID:     r.text(20, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
		SecretAccessKey: r.text(1+r.IntN(60), base64),
		SessionToken:    r.text(session, base64+"/+=/+="),
	}
}

// name is a letter, then letters, digits and single hyphens, in any case and up to max characters long.
func (r dice) name(max int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	name := r.text(1, letters)
	for n := r.IntN(max); len(name) < n; {
		if s := r.text(1, letters+"0123456789-----"); s != "-" || !strings.HasSuffix(name, "-") {
			name += s
		}
	}
	return strings.TrimSuffix(name, "-")
}

func (r dice) region() string {
	known := []string{"us-east-1", "eu-west-1", "us-gov-west-1", "cn-northwest-1", "ap-southeast-5", "eusc-de-east-1", "mx-central-1"}
	return known[r.IntN(len(known))]
}

func (r dice) text(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func (r dice) duration(below time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(below)))
}
