module github.com/valetkey/valetkey/test/e2e

go 1.26

require (
	github.com/valetkey/valetkey v0.0.0
	github.com/valetkey/valetkey/emulator v0.0.0
	github.com/valetkey/valetkey/glide v0.0.0
)
