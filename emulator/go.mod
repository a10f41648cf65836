module github.com/valetkey/valetkey/emulator

go 1.26

require (
	github.com/alicebob/miniredis/v2 v2.40.0
	github.com/aws/aws-sdk-go-v2 v1.47.7
	github.com/valetkey/valetkey v0.0.0
)

require (
	github.com/aws/smithy-go v1.28.8 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
)
