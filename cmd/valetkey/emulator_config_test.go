package main

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// Each flag that describes the server must arrive there.
func TestEmulatorFlagsReachTheServer(t *testing.T) {
	o := &emulatorOptions{
		targetFlags: targetFlags{service: "memorydb", name: "billing", user: "me", region: "us-east-1", serverless: true},
		listen:      "192.0.2.1:7000", upstream: "127.0.0.1:6379", tlsDir: "files", admin: "127.0.0.1:1", controlPlane: "127.0.0.1:2",
		assumptionFlags: assumptionFlags{lenientResourceType: true, dropAuthErrors: true, authInMulti: "queue", sameToken: "refuse", cutReply: "error"},
		sessionLimit:    time.Second, tokenLife: time.Minute, clockSkew: -time.Second,
	}
	key := accessKey{Key: verify.Key{ID: "k", Secret: "s", SessionToken: "t"}}
	o.profileFlags = profileFlags{profile: "memorydb", shards: 3, replicas: 2, engine: "valkey-server=/x", host: "cache.test", allowRestricted: true}
	want := emulator.Config{
		Profile: emulator.MemoryDBCluster, Shards: 3, Replicas: 2, Engine: "valkey-server=/x", Host: "cache.test", AllowRestricted: true,
		Name: "billing", Region: "us-east-1", Service: valetkey.MemoryDB, Serverless: true,
		Users: []emulator.User{{Name: "me"}}, Keys: []verify.Key{key.Key},
		SessionLimit: time.Second, TokenLife: time.Minute, ClockSkew: -time.Second,
		Listen: "192.0.2.1:7000", TLSDir: "files", TLSNames: []string{"192.0.2.1"}, Upstream: "127.0.0.1:6379",
		Admin: "127.0.0.1:1", ControlPlane: "127.0.0.1:2", LenientResourceType: true,
		Assumptions: emulator.Assumptions{AuthInMulti: emulator.QueueInMulti, SameToken: emulator.RefuseSameToken, CutReply: emulator.ErrorAtCut, DropAuthErrors: true},
	}
	if got := o.config(key, nil); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	o.noTLS = true
	if got := o.config(key, nil); !got.NoTLS || got.TLSDir != "" {
		t.Error("--no-tls still makes certificates")
	}
}

func TestCertificateNames(t *testing.T) {
	for listen, want := range map[string][]string{
		"127.0.0.1:0": {"127.0.0.1"}, "cache.test:6380": {"cache.test"}, "[2001:db8::1]:1": {"2001:db8::1"},
		":6380": nil, "0.0.0.0:6380": nil, "[::]:6380": nil, "nonsense": nil,
	} {
		if got := (&emulatorOptions{listen: listen}).certificateNames(); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", listen, got, want)
		}
	}
}
