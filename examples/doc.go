// Package examples shows how each Go client is given connections that stay authenticated: one line each, in which the client is told
// to dial with a valetkey.Dialer. The Examples of this page are that line; the programs beside it use it the way people use the client.
//
//	goredis    github.com/redis/go-redis: Client, ClusterClient, Ring; pipelines, WATCH, pub/sub
//	valkeygo   github.com/valkey-io/valkey-go: pipelining, dedicated connections, client-side caching, cluster
//	rueidis    github.com/redis/rueidis: the same
//	redigo     github.com/gomodule/redigo: Pool
//	asynq      github.com/hibiken/asynq, a task queue on top of go-redis
//	redsync    github.com/go-redsync/redsync, a distributed lock on top of any of them
//	python     Valkey GLIDE in Python, kept up to date by a task of its own
//	java       Valkey GLIDE in Java, likewise
//	glide      Valkey GLIDE, which dials for itself and is kept up to date by glide.Keep; a module of its own, for it needs cgo
//
// # Running one
//
// Against a cache on AWS, with the AWS credentials of the environment, ~/.aws, the instance or the task:
//
//	go run ./examples/goredis -cluster -url rediss://app@clustercfg.orders.xxxxxx.euw1.cache.amazonaws.com:6379
//
// Against the emulator, with nothing but Go installed (valkeygo and rueidis use client-side caching, for which they need a real server behind
// it: valkey-server --port 7000, and --upstream 127.0.0.1:7000):
//
//	go run ./cmd/valetkey emulator --listen 127.0.0.1:6380 --tls-dir /tmp/valetkey &
//	. /tmp/valetkey/credentials.env
//	go run ./examples/goredis -ca-file /tmp/valetkey/ca.pem -url 'rediss://app@127.0.0.1:6380?name=orders&region=eu-west-1'
//
// # Dial or pull
//
// Most clients also have a hook that asks for a password whenever they connect, and each program shows it behind the flag -pull. It is the
// smaller change where a client has its own dialer already, such as one of a service mesh or an SSH tunnel. What it leaves to you is the end of the
// session after 12 hours, for which the client must be told to replace or to authenticate its connections in time, and what it cannot do is keep a
// subscriber, a blocked reader or a connection that is held. The dialer does both, so prefer it; and never use both at once.
package examples
