package controlplane_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http"
	"regexp"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/valetkey/valetkey/emulator"
)

// An AWS SDK is pointed at the control plane by its base endpoint or AWS_ENDPOINT_URL. This does by hand what the SDK does then.
func Example() {
	s := &emulator.Server{Config: emulator.Config{ControlPlane: "127.0.0.1:0"}}
	if err := s.Start(); err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	const question = "Action=DescribeReplicationGroups&Version=2015-02-02&ReplicationGroupId=orders"
	r, err := http.NewRequest("POST", s.ControlPlaneURL(), strings.NewReader(question))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	credentials, err := s.Credentials().Retrieve(ctx)
	if err != nil {
		log.Fatal(err)
	}
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(question)))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hash, "elasticache", "eu-west-1", time.Now()); err != nil {
		log.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(regexp.MustCompile(`<UserGroupIds>.*</UserGroupIds>`).Find(text)))
	// Output: 200 OK <UserGroupIds><member>orders-users</member></UserGroupIds>
}
