package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// profileFlags say what kind of cache the emulator plays, and on what.
type profileFlags struct {
	profile, engine, host string
	shards, replicas      int
	allowRestricted       bool
}

func (f *profileFlags) flags(cmd *cobra.Command) {
	var known []string
	for _, p := range emulator.Profiles() {
		known = append(known, string(p))
	}
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "", fmt.Sprintf("kind of cache: %s (default: one node behind one endpoint)", strings.Join(known, ", ")))
	flags.IntVar(&f.shards, "shards", 0, "shards of the profiles cluster-enabled and memorydb (default: 1); several need a real engine")
	flags.IntVar(&f.replicas, "replicas", 0, "replicas of each primary, where the profile has replicas")
	flags.StringVar(&f.engine, "engine", emulator.Embedded, "what answers commands: embedded, or valkey-server[=PATH], started for each node")
	flags.StringVar(&f.host, "host", "", "host name by which clients reach the emulator (default: that of --listen)")
	flags.BoolVar(&f.allowRestricted, "allow-restricted", false, "pass on the commands that the service refuses, such as CONFIG")
}

// set puts the flags into the configuration. What the profile decides is left to it, unless somebody said otherwise.
func (f *profileFlags) set(c *emulator.Config) {
	c.Profile, c.Shards, c.Replicas = emulator.Profile(f.profile), f.shards, f.replicas
	c.Engine, c.Host, c.AllowRestricted = f.engine, f.host, f.allowRestricted
	if c.Profile != emulator.SingleNode && c.Service == valetkey.ElastiCache {
		c.Service = ""
	}
}
