package main

import (
	"net"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"
)

// A client that reads REDIS_URL finds the sidecar, on a port or on a socket.
func TestExecURLs(t *testing.T) {
	for _, addr := range []net.Addr{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 6400}, &net.UnixAddr{Name: "/tmp/v/s", Net: "unix"}} {
		env := childEnvironment([]string{"HOME=/home/me", "REDIS_URL=redis://elsewhere", "REDIS_URL_OF_OTHERS=x", "VALKEY_SOCKET=/elsewhere"}, addr)
		i := slices.IndexFunc(env, func(kv string) bool { return kv[:min(10, len(kv))] == "REDIS_URL=" })
		options, err := redis.ParseURL(env[i][len("REDIS_URL="):])
		if err != nil || options.Network != addr.Network() || options.Addr != addr.String() {
			t.Errorf("%v: a client reads %+v, %v", addr, options, err)
		}
		if !slices.Contains(env, "HOME=/home/me") || !slices.Contains(env, "REDIS_URL_OF_OTHERS=x") || slices.Contains(env, "VALKEY_SOCKET=/elsewhere") {
			t.Errorf("the environment is %q", env)
		}
	}
}
