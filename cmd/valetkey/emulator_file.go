package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// besideFile are the flags that count beside a configuration file; all others are said in the file.
func besideFile() []string {
	return []string{"config", "listen", "admin", "control-plane", "tls-dir", "upstream", "auth-rate", "auth-delay", "ready-file", "log-format", "log-level", "help"}
}

// readFile reads the configuration file, if one was named, and refuses flags and variables that would contradict it.
func (o *emulatorOptions) readFile(cmd *cobra.Command) error {
	if o.file == "" {
		return nil
	}
	var beside string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Value.String() != f.DefValue && !slices.Contains(besideFile(), f.Name) {
			beside = f.Name
		}
	})
	if beside != "" {
		return usage(cmd, "--%s beside --config: say it in the file", beside)
	}
	f, err := os.Open(o.file)
	if err != nil {
		return &exitError{exitConfig, fmt.Errorf("emulator: %w", err), "name a readable file with --config"}
	}
	defer f.Close()
	c, err := emulator.ReadConfig(f)
	if err != nil {
		return &exitError{exitConfig, fmt.Errorf("%s: %w", o.file, err), "docs/reference/emulator.md describes the file"}
	}
	o.take(cmd, c)
	return nil
}

// take fills in the options that the rest of the command reads.
func (o *emulatorOptions) take(cmd *cobra.Command, c emulator.Config) {
	o.fromFile = &c
	for flag, fill := range map[string]struct {
		from string
		to   *string
	}{"listen": {c.Listen, &o.listen}, "admin": {c.Admin, &o.admin}, "control-plane": {c.ControlPlane, &o.controlPlane}, "tls-dir": {c.TLSDir, &o.tlsDir}, "upstream": {c.Upstream, &o.upstream}} {
		if f := cmd.Flags().Lookup(flag); fill.from != "" && f.Value.String() == f.DefValue {
			*fill.to = fill.from
		}
	}
	o.noTLS = c.NoTLS
	o.service, o.serverless = cmp.Or(string(c.Service), string(valetkey.ElastiCache)), c.Serverless
	o.name, o.region = cmp.Or(c.Name, o.name), cmp.Or(c.Region, o.region)
	if i := slices.IndexFunc(c.Users, func(u emulator.User) bool { return len(u.Passwords) == 0 }); i >= 0 {
		o.user = c.Users[i].Name
	}
}

// fileConfig is the file's configuration with what the flags say, which is in c.
func (o *emulatorOptions) fileConfig(c emulator.Config) emulator.Config {
	f := *o.fromFile
	f.Listen, f.Upstream, f.Logger = c.Listen, c.Upstream, c.Logger
	f.TLSNames = append(slices.Clone(f.TLSNames), c.TLSNames...)
	if len(f.Keys) == 0 {
		f.Keys = c.Keys
	}
	return f
}

// fileKey is the file's first key. It is not written to credentials.env, because whoever wrote the file has it.
func (o *emulatorOptions) fileKey() (key accessKey, ok bool) {
	if o.fromFile == nil || len(o.fromFile.Keys) == 0 {
		return accessKey{}, false
	}
	return accessKey{Key: o.fromFile.Keys[0]}, true
}
