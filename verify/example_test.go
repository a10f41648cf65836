package verify_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

const exampleToken = "my-replication-group-id/?Action=connect&User=my-user-id&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
	"&X-Amz-Credential=fakeAccessKeyId%2F20250101%2Feu-west-1%2Felasticache%2Faws4_request&X-Amz-Date=20250101T000000Z" +
	"&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=9e361603d85874bce06114c6644725ed113e3b11ae6fa92efdf10c6bcf5de8d7"

func ExampleVerifier_Verify() {
	v := &verify.Verifier{Keys: verify.NewStaticKeys(verify.Key{ID: "fakeAccessKeyId", Secret: "fakeSecretKey"})}
	want := verify.Want{
		Target: valetkey.Target{Name: "my-replication-group-id", User: "my-user-id", Region: "eu-west-1"},
		At:     time.Date(2025, 1, 1, 0, 14, 59, 0, time.UTC),
	}
	claims, err := v.Verify(exampleToken, want)
	fmt.Println(claims.User, "until", claims.ExpiresAt.Format(time.TimeOnly), err)

	want.At = want.At.Add(time.Second)
	_, err = v.Verify(exampleToken, want)
	fmt.Println(err)
	if errors.Is(err, verify.Expired) {
		fmt.Println("hint:", verify.Expired.Hint())
	}
	// Output:
	// my-user-id until 00:15:00 <nil>
	// token refused: expired: ended at 2025-01-01T00:15:00Z, now it is 2025-01-01T00:15:00Z
	// hint: make a new token for every connection and every re-authentication; if it was new, set the signing machine's clock
}

func ExampleInspect() {
	in, err := verify.Inspect(exampleToken)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(in.Service, in.Region, in.Name, in.User)
	for _, p := range in.Problems {
		fmt.Println(p.Reason)
	}
	// Output:
	// elasticache eu-west-1 my-replication-group-id my-user-id
	// expired
}
