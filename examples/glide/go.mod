module github.com/valetkey/valetkey/examples/glide

go 1.26

require (
	github.com/valetkey/valetkey v0.0.0
	github.com/valetkey/valetkey/glide v0.0.0
	github.com/valkey-io/valkey-glide/go/v2 v2.5.3
)
