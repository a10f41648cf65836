module github.com/valetkey/valetkey/emulator

go 1.26

require (
	github.com/valetkey/valetkey v0.0.0
	github.com/alicebob/miniredis/v2 v2.40.0
	github.com/aws/aws-sdk-go-v2 v1.47.7
)
