module github.com/valetkey/valetkey/glide

go 1.26

require (
	github.com/valetkey/valetkey v0.0.0
	github.com/valkey-io/valkey-glide/go/v2 v2.5.3
)

require (
	github.com/aws/aws-sdk-go-v2 v1.47.7 // indirect
	github.com/aws/smithy-go v1.28.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	google.golang.org/protobuf v1.33.0 // indirect
)
