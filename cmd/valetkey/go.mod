module github.com/valetkey/valetkey/cmd/valetkey

go 1.26

require (
	github.com/valetkey/valetkey v0.0.0
	github.com/valetkey/valetkey/emulator v0.0.0
	github.com/spf13/cobra v1.10.2
	github.com/aws/aws-sdk-go-v2 v1.47.7
	github.com/aws/aws-sdk-go-v2/config v1.33.15
)
