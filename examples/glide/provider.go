package main

import (
	"context"
	"fmt"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/valetkey/valetkey"
)

// newProvider finds AWS credentials as every AWS tool does: environment, shared files, container, instance. It asks them for each token, so that
// rotated credentials are used at once.
func newProvider(ctx context.Context, target valetkey.Target) (valetkey.Source, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(target.Region))
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return valetkey.NewSigner(target, cfg.Credentials)
}
