package verify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

// Two implementations that share no code, the AWS SDK's signer behind valetkey.Signer and this package, agree on 300 random targets.
func TestAgreesWithTheSigner(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		target, key := randomTarget(rng), randomKey(rng)
		provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret, SessionToken: key.SessionToken}, nil
		})
		signer, err := valetkey.NewSigner(target, provider)
		if err != nil {
			t.Fatal(err)
		}
		signer.Life = time.Duration(60+rng.IntN(841)) * time.Second
		token, err := signer.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v := &verify.Verifier{Keys: verify.NewStaticKeys(key)}
		claims, err := v.Verify(token.Secret(), verify.Want{Target: signer.Target})
		if err != nil || !claims.ExpiresAt.Equal(token.Expires()) {
			t.Errorf("%+v: %v, ends at %v, the signer says %v", target, err, claims.ExpiresAt, token.Expires())
		}
		if in, err := verify.Inspect(token.Secret()); err != nil || len(in.Problems) > 0 {
			t.Errorf("%+v: %v, problems %v", target, err, in.Problems)
		}
	}
}

func randomTarget(rng *rand.Rand) valetkey.Target {
	target := valetkey.Target{
		Service: pick(rng, []valetkey.Service{"", valetkey.ElastiCache, valetkey.MemoryDB}),
		Name:    fmt.Sprintf("%s-%x", pick(rng, []string{"a", "Orders", "my-cache-1"}), rng.Uint32()),
		User:    pick(rng, []string{"app", "default.iam-user", "U-1", "a-very-long-user-id-for-a-cache"}),
		Region:  pick(rng, []string{"eu-west-1", "us-gov-west-1", "cn-north-1", "ap-southeast-5"}),
	}
	target.Serverless = target.Service != valetkey.MemoryDB && rng.IntN(2) == 0
	return target
}

func randomKey(rng *rand.Rand) verify.Key {
	key := verify.Key{ID: fmt.Sprintf("FAKE%016X", rng.Uint64()), Secret: randomBase64(rng, 40)}
	if rng.IntN(2) == 0 {
		key.SessionToken = randomBase64(rng, 1+rng.IntN(1200)) + "=="
	}
	return key
}

func randomBase64(rng *rand.Rand, n int) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var b strings.Builder
	for range n {
		b.WriteByte(digits[rng.IntN(len(digits))])
	}
	return b.String()
}
