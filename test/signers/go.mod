module github.com/valetkey/valetkey/test/signers

go 1.26.0

require (
	github.com/aws/aws-sdk-go-v2 v1.47.7
	github.com/valetkey/valetkey v0.0.0
	github.com/valetkey/valetkey/emulator v0.0.0
	github.com/valkey-io/valkey-glide/go/v2 v2.5.3
)

require (
	github.com/alicebob/miniredis/v2 v2.40.0 // indirect
	github.com/aws/smithy-go v1.28.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	google.golang.org/protobuf v1.33.0 // indirect
)
