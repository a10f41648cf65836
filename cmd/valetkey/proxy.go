package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

type proxyOptions struct {
	sidecarOptions // of every target that does not say otherwise
	logging
	listen                   []string
	check, admin, file       string
	printConfig              bool
	drainTimeout, drainDelay time.Duration
	exitWhenIdle             time.Duration
	sidecars                 []*sidecar
}

func (a *app) proxyCommand() *cobra.Command {
	var o proxyOptions
	cmd := &cobra.Command{
		Use:   "proxy TARGET...",
		Short: "Run a sidecar: a local port for a cache, that any client can use without a token",
		Long: `Run a sidecar. Clients connect to a local port, or a Unix socket, in plaintext and without a password; towards
the cache every connection is TLS, authenticated by IAM, and authenticated again long before AWS would cut it.
Any client in any language will do, with every command, RESP2 and RESP3. A password that a client insists on
is accepted, whatever it is, and never sent on.

The nodes of a cluster get local ports of their own, which stand in the place of their addresses in what clients are
told: a cluster client needs --listen's address alone.

A TARGET is the endpoint's URL with the user in front (or VALETKEY_URL); see valetkey token --help. For several
targets give as many --listen, in the same order. Other machines may reach a listener only with --local-password-file.
A Unix socket has mode 0600; with --allow-uid or --allow-gid everybody may connect, and who is not named is turned away.
systemd:NAME takes the socket that systemd passes under that name (FileDescriptorName=).

--config names a JSON file with the same settings: keys are named like flags, with underscores, and each of the "targets"
has its "url", its "listen", and what differs for it. Flags win over VALETKEY_ variables, those over the file; targets on the
command line replace the file's. --print-config writes such a file with what counts, and where it comes from on stderr.

--admin serves /startup, /readiness and /liveness for probes, /status and /metrics, and POST /drain. Readiness tells
of the last attempt to reach the cache and makes none.

SIGTERM, SIGINT and /drain end it: new connections are accepted for --drain-delay; then transactions, pipelines and
blocking commands may finish for --drain-timeout. Exit code 0 means that nothing was broken off, 1 that something was.
A second signal ends it at once.`,
		Example: `  valetkey proxy rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379
  valkey-cli -p 6379 PING`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.proxy(cmd, args, &o) },
	}
	o.sidecarOptions.flags(cmd.Flags())
	o.logging.flags(cmd)
	o.flags(cmd)
	return cmd
}

func (o *proxyOptions) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&o.listen, "listen", []string{"127.0.0.1:6379"}, "HOST:PORT, unix:PATH or systemd:NAME to listen on, one for each target; port 0 takes a free one")
	flags.StringVar(&o.file, "config", "", "JSON file with these settings, and several targets with what differs between them")
	flags.BoolVar(&o.printConfig, "print-config", false, "print the settings as a file for --config, and where they come from on stderr, and end")
	flags.DurationVar(&o.drainTimeout, "drain-timeout", 30*time.Second, "how long clients may finish what they are doing at the end")
	flags.DurationVar(&o.drainDelay, "drain-delay", 0, "how long to go on accepting before that, for programs that connect while they end")
	flags.StringVar(&o.admin, "admin", "", "loopback HOST:PORT, unix:PATH or systemd:NAME for probes, status, metrics and drain (default: none)")
	flags.StringVar(&o.check, "check", "warn", "connect to each cache at the start: exit if that fails, warn, or off")
	flags.DurationVar(&o.exitWhenIdle, "exit-when-idle", 0, "end when there has been no client for this long (default: never)")
}

// read takes in the file and the targets, and refuses what cannot work.
func (o *proxyOptions) read(a *app, cmd *cobra.Command, args []string) (*proxyFile, error) {
	file, err := readProxyFile(cmd, o.file)
	if err != nil {
		return nil, err
	}
	if err := file.apply(cmd.Flags(), file.keys, "", func(flag string) bool { return a.given(cmd, flag) }); err != nil {
		return nil, err
	}
	if o.sidecars, err = a.sidecars(cmd, args, o, file); err != nil {
		return nil, err
	}
	return file, o.validate(cmd)
}

// validate refuses what the flags alone show to be wrong.
func (o *proxyOptions) validate(cmd *cobra.Command) error {
	switch {
	case !slices.Contains([]string{"exit", "warn", "off"}, o.check):
		return badFormat(cmd, "check", o.check, "exit", "warn", "off")
	case o.drainTimeout < 0 || o.drainDelay < 0 || o.exitWhenIdle < 0:
		return usage(cmd, "a duration is negative")
	}
	return nil
}

func (a *app) proxy(cmd *cobra.Command, args []string, o *proxyOptions) error {
	file, err := o.read(a, cmd, args)
	if err != nil {
		return err
	}
	log, err := o.logger(cmd, a.stderr)
	if err != nil {
		return err
	}
	if o.printConfig {
		return a.printConfig(cmd, o, file)
	}
	f := newFleet(log, o.drainTimeout+o.drainDelay)
	if err := o.fill(cmd.Context(), f); err != nil {
		return err
	}
	if err := o.open(f); err != nil {
		f.close()
		return err
	}
	return f.run(cmd.Context(), o)
}

// fill makes the servers.
func (o *proxyOptions) fill(ctx context.Context, f *fleet) error {
	for _, sidecar := range o.sidecars {
		s, err := sidecar.server(ctx, f.log)
		if err != nil {
			return err
		}
		s.DrainDelay = o.drainDelay
		f.servers = append(f.servers, s)
	}
	return nil
}
