package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/proxy"
)

// sidecarOptions are what may differ from target to target.
type sidecarOptions struct {
	upstreamFlags
	mode                     string
	cluster, clusterPorts    string
	localUser, localPassword string // the second is a file
	allowUsers, allowGroups  []string
}

func (o *sidecarOptions) flags(flags *pflag.FlagSet) {
	o.upstreamFlags.flags(flags)
	flags.StringVar(&o.mode, "mode", "dedicated", "dedicated: one connection to the cache for each client")
	flags.StringVar(&o.cluster, "cluster", "auto", "give each node of a cluster a local port, for clients by TCP (auto) or by a Unix socket too (on), or not (off)")
	flags.StringVar(&o.clusterPorts, "cluster-ports", "", "FIRST-LAST, the ports for a cluster's nodes (default: any that is free)")
	flags.StringVar(&o.localUser, "local-user", "default", "user that clients log in as, with --local-password-file")
	flags.StringVar(&o.localPassword, "local-password-file", "", "file with the password that clients must give (default: they need none)")
	flags.StringSliceVar(&o.allowUsers, "allow-uid", nil, "users, by name or number, whose processes may connect to a Unix socket (Linux)")
	flags.StringSliceVar(&o.allowGroups, "allow-gid", nil, "groups whose processes may; a process counts by its effective user and group")
}

// flagSet are the flags alone, without a command. It sets the options to their defaults.
func (o *sidecarOptions) flagSet() *pflag.FlagSet {
	flags := pflag.NewFlagSet("target", pflag.ContinueOnError)
	o.flags(flags)
	return flags
}

// A sidecar is one target with its options.
type sidecar struct {
	url, listen string
	sidecarOptions
	set  *pflag.FlagSet // the flags of these options
	keys fileKeys       // what is said of this target alone
	from string         // where the target is named
}

// sidecars are the targets of the command line or the environment, else those of the file.
func (a *app) sidecars(cmd *cobra.Command, args []string, o *proxyOptions, file *proxyFile) ([]*sidecar, error) {
	var all []*sidecar
	for _, keys := range file.targets {
		all = append(all, &sidecar{keys: keys, from: file.name})
	}
	if len(args) > 0 || a.env.get(targetURL) != "" || len(all) == 0 {
		urls, err := a.targets(cmd, args)
		if err != nil {
			return nil, err
		}
		all = nil
		from := "command line"
		if len(args) == 0 {
			from = targetURL
		}
		for _, url := range urls {
			all = append(all, &sidecar{url: url, from: from})
		}
	}
	for i, s := range all {
		if err := s.read(a, cmd, o, file, i); err != nil {
			return nil, err
		}
	}
	return all, o.place(a, cmd, all)
}

// read fills in the target with number i: what flags and variables say counts first, then its own keys, then the file's.
func (s *sidecar) read(a *app, cmd *cobra.Command, o *proxyOptions, file *proxyFile, i int) error {
	s.set = s.flagSet()
	s.sidecarOptions = o.sidecarOptions
	where := targetKey(i, "")
	if err := file.apply(s.set, s.keys, where, func(flag string) bool { return a.given(cmd, flag) }); err != nil {
		return err
	}
	for key, to := range map[string]*string{"url": &s.url, "listen": &s.listen} {
		if raw, ok := s.keys[key]; ok && json.Unmarshal(raw, to) != nil {
			return file.wrong(where+key, fmt.Errorf("%s: want a text", raw))
		}
	}
	if s.url == "" {
		return file.wrong(where+"url", errors.New("is missing: the endpoint's URL, rediss://USER@HOST:PORT"))
	}
	target, err := valetkey.ParseTarget(s.url)
	if err != nil {
		return err
	}
	if target.Address == "" {
		return &exitError{exitUsage, fmt.Errorf("target %s has no host to connect to", target), "write rediss://USER@HOST:PORT"}
	}
	return s.validate(cmd)
}

// validate refuses what the options alone show to be wrong.
func (s *sidecar) validate(cmd *cobra.Command) error {
	switch {
	case s.mode != "dedicated":
		return badFormat(cmd, "mode", s.mode, "dedicated")
	case !slices.Contains([]string{"auto", "on", "off"}, s.cluster):
		return badFormat(cmd, "cluster", s.cluster, "auto", "on", "off")
	case s.localUser != "default" && s.localPassword == "":
		return usage(cmd, "--local-user without --local-password-file: nobody would be asked for it")
	}
	if s.cluster == "on" && len(s.allowUsers)+len(s.allowGroups) > 0 && s.localPassword == "" {
		return usage(cmd, "--cluster on beside --allow-uid: every user of the machine could reach the nodes' ports; add --local-password-file")
	}
	if _, err := s.ports(); err != nil {
		return usage(cmd, "--cluster-ports: %v", err)
	}
	return nil
}

func (s *sidecar) ports() (proxy.PortRange, error) {
	if s.clusterPorts == "" {
		return proxy.PortRange{}, nil
	}
	return proxy.ParsePortRange(s.clusterPorts)
}

// given reports whether the command line or the environment has set a flag.
func (a *app) given(cmd *cobra.Command, flag string) bool {
	f := cmd.Flags().Lookup(flag)
	return f != nil && f.Changed || a.env.get(variable(flag)) != ""
}

// place gives each target the address to listen on.
func (o *proxyOptions) place(a *app, cmd *cobra.Command, all []*sidecar) error {
	inFile := 0
	for _, s := range all {
		if s.listen != "" {
			inFile++
		}
	}
	if inFile == len(all) && !a.given(cmd, "listen") {
		return nil
	}
	if len(all) != len(o.listen) {
		return usage(cmd, "%d targets and %d --listen: want one for each, in the same order", len(all), len(o.listen))
	}
	for i, s := range all {
		s.listen = o.listen[i]
	}
	return nil
}

// server makes the sidecar, not yet listening.
func (s *sidecar) server(ctx context.Context, log *slog.Logger) (*proxy.Server, error) {
	password, err := s.password()
	if err != nil {
		return nil, err
	}
	server, err := s.upstreamFlags.server(ctx, s.url, log)
	if err != nil {
		return nil, err
	}
	server.User, server.Password = s.localUser, password
	server.Cluster = proxy.ClusterMode(s.cluster)
	if server.ClusterPorts, err = s.ports(); err != nil {
		return nil, err
	}
	if server.AllowUIDs, err = userIDs(s.allowUsers); err != nil {
		return nil, err
	}
	server.AllowGIDs, err = groupIDs(s.allowGroups)
	return server, err
}

func (s *sidecar) password() (string, error) {
	if s.localPassword == "" {
		return "", nil
	}
	content, err := os.ReadFile(s.localPassword)
	if err != nil {
		return "", badFile("local-password-file", err)
	}
	password := strings.TrimRight(string(content), "\r\n")
	if password == "" {
		return "", badFile("local-password-file", errors.New(s.localPassword+" is empty: anybody could use the cache"))
	}
	return password, nil
}
