package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey/proxy"
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

A TARGET is the endpoint's URL with the user in front (or VALETKEY_URL); see valetkey token --help. For several
targets give as many --listen, in the same order. Other machines may reach a listener only with --local-password-file.

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
	flags.StringSliceVar(&o.listen, "listen", []string{"127.0.0.1:6379"}, "HOST:PORT or unix:PATH to listen on, one for each target; port 0 takes a free one")
	flags.StringVar(&o.file, "config", "", "JSON file with these settings, and several targets with what differs between them")
	flags.BoolVar(&o.printConfig, "print-config", false, "print the settings as a file for --config, and where they come from on stderr, and end")
	flags.DurationVar(&o.drainTimeout, "drain-timeout", 30*time.Second, "how long clients may finish what they are doing at the end")
	flags.DurationVar(&o.drainDelay, "drain-delay", 0, "how long to go on accepting before that, for programs that connect while they end")
	flags.StringVar(&o.admin, "admin", "", "loopback HOST:PORT or unix:PATH for probes, status, metrics and drain (default: none)")
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

// open listens everywhere, and serves.
func (o *proxyOptions) open(f *fleet) error {
	if o.admin != "" {
		ln, err := listenAdmin(o.admin)
		if err != nil {
			return err
		}
		f.admin = ln
	}
	for i, s := range f.servers {
		ln, err := proxy.Listen(o.sidecars[i].listen)
		if err != nil {
			return listenError("proxy", err, o.sidecars[i].listen)
		}
		if !proxy.Private(ln.Addr()) && s.Password == "" {
			ln.Close()
			return &exitError{exitUsage, fmt.Errorf("proxy: listen on %s: %w", ln.Addr(), proxy.ErrOpen),
				"--listen 127.0.0.1:6379, or --local-password-file FILE"}
		}
		f.listeners = append(f.listeners, ln)
	}
	for i, s := range f.servers {
		f.serve(s, f.listeners[i])
		f.log.Info("listening", "address", f.listeners[i].Addr().String(), "target", s.Name, "upstream", s.Addr)
	}
	return nil
}

func listenError(command string, err error, addr string) error {
	hint := "--listen 127.0.0.1:0 takes a free port"
	if strings.HasPrefix(addr, "unix:") {
		hint = "another process listens there; choose another path"
	}
	if !inUse(err) {
		hint = "--listen takes HOST:PORT or unix:PATH"
	}
	return &exitError{exitFailed, fmt.Errorf("%s: %w", command, err), hint}
}

// listenAdmin listens for probes and orders, which only this machine may send.
func listenAdmin(addr string) (net.Listener, error) {
	ln, err := proxy.Listen(addr)
	if err != nil {
		return nil, &exitError{exitFailed, fmt.Errorf("admin: %w", err), "--admin takes a free HOST:PORT or unix:PATH"}
	}
	if !proxy.Private(ln.Addr()) {
		ln.Close()
		return nil, &exitError{exitUsage, fmt.Errorf("admin: listen on %s: other machines can reach it", ln.Addr()), "--admin 127.0.0.1:9180, or --admin unix:PATH"}
	}
	return ln, nil
}
