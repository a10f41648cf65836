package main

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey"
)

// targetFlags name a cache and a user, for the commands that sign for one or play one.
type targetFlags struct {
	service, name, user, region string
	serverless                  bool
}

func (f *targetFlags) flags(cmd *cobra.Command, defaults targetFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.service, "service", string(valetkey.ElastiCache), "elasticache or memorydb")
	flags.StringVar(&f.name, "name", defaults.name, "replication group id, serverless cache name or MemoryDB cluster name")
	flags.StringVar(&f.user, "user", defaults.user, "user id, which must equal the user name")
	flags.StringVar(&f.region, "region", defaults.region, "AWS region of the cache")
	flags.BoolVar(&f.serverless, "serverless", false, "the cache is an ElastiCache serverless cache")
}

func (f *targetFlags) target() valetkey.Target {
	return valetkey.Target{
		Service: valetkey.Service(f.service), Name: f.name, User: f.user, Region: f.region, Serverless: f.serverless,
	}
}

// override writes what the command line says beside a URL into the URL, where ParseTarget looks first.
// What the environment says does not touch a URL, which stands on the command line itself.
func (f *targetFlags) override(cmd *cobra.Command, raw string) string {
	u, err := parseLoosely(raw)
	if err != nil {
		return raw // ParseTarget says what is wrong with it
	}
	query := u.Query()
	for flag, value := range map[string]string{
		"service": f.service, "name": f.name, "region": f.region, "serverless": strconv.FormatBool(f.serverless),
	} {
		if cmd.Flags().Changed(flag) {
			query.Set(flag, value)
		}
	}
	u.RawQuery = query.Encode()
	if cmd.Flags().Changed("user") {
		u.User = url.User(f.user)
	}
	return u.String()
}

func parseLoosely(raw string) (*url.URL, error) {
	if !strings.Contains(raw, "://") {
		raw = "rediss://" + raw
	}
	return url.Parse(raw)
}
