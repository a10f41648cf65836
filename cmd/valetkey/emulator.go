package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

type emulatorOptions struct {
	targetFlags
	logging
	keyFlags
	assumptionFlags
	profileFlags
	listen, upstream, tlsDir           string
	admin, file, controlPlane          string
	readyFile                          string
	fromFile                           *emulator.Config // nil without --config
	authRate                           float64
	authDelay                          time.Duration
	noTLS                              bool
	sessionLimit, tokenLife, clockSkew time.Duration
}

func (a *app) emulatorCommand() *cobra.Command {
	o := emulatorOptions{}
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run a server that refuses the tokens that AWS refuses, and logs why",
		Long: `Run a server that plays an IAM-enabled cache: it verifies tokens, cuts connections at the session limit, and
logs the reason of each refusal, where AWS only says WRONGPASS. An embedded engine answers the commands,
real servers that it starts with --engine valkey-server, or one that runs already with --upstream.

It plays one node, or with --profile a whole cache: node-based with a primary, a reader endpoint and replicas;
cluster-enabled and memorydb with shards; serverless with its one virtual node and its second port; public with TLS 1.3.
Endpoints after the first have the ports that follow that of --listen. Commands that the service refuses are refused.

The access key it accepts comes from --access-key-id and --secret-access-key, else from AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY. With neither it makes a key of its own and writes it to credentials.env (mode 0600) in
the directory of --tls-dir, beside the certificate ca.pem; sourced by a shell, that file is all that valetkey
token needs. SIGTERM and SIGINT end it with exit code 0.

With --config the server is described by a JSON file: several users, passwords, access keys, IAM policies. With --admin
it is steered by the subcommands below, or over HTTP: GET /stats, /refusals, /config; POST /advance {"by":"12h"},
/fault {"iam":"unavailable", "throttled" or "none", "auth_delay":"1s", "auth_rate":5, "refuse_connections":true},
/cut {"user":"app","count":1}, /revoke {"key":"AKIA..."} or {"user":"app"}, /drop and /restore {"node":"orders-001"}.

With --ready-file a JSON description appears once the server is ready: endpoints, users, files, URLs. It goes away with it.

With --control-plane it tells of the cache, its users and their permissions what AWS tells: ElastiCache's, MemoryDB's, STS's
and IAM's APIs as far as they are needed for that, at the URL of the ready line, for AWS_ENDPOINT_URL or --endpoint-url.`,
		Example: `  valetkey emulator --tls-dir ./emulator-files
  . ./emulator-files/credentials.env
  eval "$(valetkey token --format env)"
  valkey-cli --tls --cacert ./emulator-files/ca.pem -p 6380 --user app PING

  valetkey emulator --profile cluster-enabled --shards 3 --replicas 1 --engine valkey-server --admin 127.0.0.1:6381
  valetkey emulator drop orders-0001-001`,
		Args: upTo(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.emulator(cmd, &o) },
	}
	o.targetFlags.flags(cmd, targetFlags{name: "orders", user: "app", region: "eu-west-1"})
	o.logging.flags(cmd)
	o.keyFlags.flags(cmd)
	o.flags(cmd)
	cmd.AddCommand(a.orders()...)
	return cmd
}

func (o *emulatorOptions) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:6380", "address to listen on; port 0 takes a free one")
	flags.StringVar(&o.upstream, "upstream", "", "host:port of a real server to stand in front of (default: the embedded engine)")
	flags.StringVar(&o.file, "config", "", "JSON file that describes the server; beside it only the flags for addresses, files, faults and the log count")
	flags.StringVar(&o.admin, "admin", "", "loopback address of the admin endpoint, such as 127.0.0.1:0 (default: none)")
	flags.StringVar(&o.controlPlane, "control-plane", "", "address to answer the AWS SDKs and the AWS CLI on, by plain HTTP, such as 127.0.0.1:0 (default: none)")
	flags.Float64Var(&o.authRate, "auth-rate", 0, "throttle AUTH to so many a second; 0: do not")
	flags.DurationVar(&o.authDelay, "auth-delay", 0, "make every AUTH take that much longer")
	o.assumptionFlags.flags(cmd)
	o.profileFlags.flags(cmd)
	flags.StringVar(&o.readyFile, "ready-file", "", "file for a JSON description of the server, written when it is ready; - is standard output")
	flags.BoolVar(&o.noTLS, "no-tls", false, "serve without TLS, on loopback only")
	flags.StringVar(&o.tlsDir, "tls-dir", "", "directory to keep ca.pem and credentials.env in (default: a temporary one, removed at the end)")
	flags.DurationVar(&o.sessionLimit, "session-limit", 12*time.Hour, "cut a connection this long after its last authentication")
	flags.DurationVar(&o.tokenLife, "token-life", maxExpires, "life of a token, at most 15m")
	flags.DurationVar(&o.clockSkew, "clock-skew", 5*time.Minute, "how far in the future a token may be dated; negative: not at all")
}

func (a *app) emulator(cmd *cobra.Command, o *emulatorOptions) error {
	log, err := o.logger(cmd, a.stderr)
	if err != nil {
		return err
	}
	if err := o.positive(cmd); err != nil {
		return err
	}
	if err := o.readFile(cmd); err != nil {
		return err
	}
	key, ok := o.fileKey()
	if !ok {
		if key, err = o.key(cmd, a); err != nil {
			return err
		}
	}
	dir, remove, err := filesDir(o.tlsDir)
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	defer remove()
	o.tlsDir = dir
	return a.serve(cmd.Context(), o, key, log)
}

// positive refuses what the server would take for "use the default".
func (o *emulatorOptions) positive(cmd *cobra.Command) error {
	switch {
	case o.sessionLimit <= 0:
		return usage(cmd, "--session-limit %v: want more than 0", o.sessionLimit)
	case o.tokenLife <= 0 || o.tokenLife > maxExpires:
		return usage(cmd, "--token-life %v: want more than 0 and at most %v", o.tokenLife, maxExpires)
	}
	return nil
}

// serve runs the server until the context ends, which is a success.
func (a *app) serve(ctx context.Context, o *emulatorOptions, key accessKey, log *slog.Logger) error {
	server := &emulator.Server{Config: o.config(key, log)}
	server.SetAuthRate(o.authRate)
	server.SetAuthDelay(o.authDelay)
	if err := forget(o.readyFile); err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	defer context.AfterFunc(ctx, func() { server.Close() })() // real servers take a while to start
	if err := server.Start(); err != nil && ctx.Err() == nil {
		return startError(err, o.listen)
	}
	defer server.Close()
	if ctx.Err() != nil {
		return nil
	}
	target := server.Target() // of which the profile has decided a part
	o.service, o.serverless = string(target.Service), target.Serverless
	file, err := o.writeCredentials(key)
	if err == nil {
		defer forget(o.readyFile)
		err = a.tell(o.readyFile, newReadiness(server, file))
	}
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	a.announce(o, server, file, log)
	<-ctx.Done()
	log.Info("stopping")
	return nil
}

func (o *emulatorOptions) config(key accessKey, log *slog.Logger) emulator.Config {
	c := emulator.Config{
		Name: o.name, Region: o.region, Service: o.target().Service, Serverless: o.serverless,
		Users:        []emulator.User{{Name: o.user}},
		Keys:         []verify.Key{key.Key},
		SessionLimit: o.sessionLimit, TokenLife: o.tokenLife, ClockSkew: o.clockSkew,
		Listen: o.listen, TLSNames: o.certificateNames(), NoTLS: o.noTLS, Upstream: o.upstream, Logger: log,
	}
	if o.fromFile != nil {
		c = o.fileConfig(c)
	} else {
		o.assumptionFlags.set(&c)
		o.profileFlags.set(&c)
	}
	c.ControlPlane = o.controlPlane
	if c.Admin = o.admin; !c.NoTLS {
		c.TLSDir = o.tlsDir
	}
	return c
}

// certificateNames adds the address to listen on to those that the server's certificate always has.
func (o *emulatorOptions) certificateNames() []string {
	host, _, err := net.SplitHostPort(o.listen)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		return nil
	}
	return []string{host}
}

func startError(err error, listen string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return &exitError{exitFailed, err, "--listen 127.0.0.1:0 takes a free port; " + listen + " is taken"}
	}
	return err
}

// filesDir is the directory that was asked for, or a temporary one with the function that removes it.
func filesDir(asked string) (dir string, remove func(), err error) {
	if asked != "" {
		return asked, func() {}, os.MkdirAll(asked, 0o755)
	}
	dir, err = os.MkdirTemp("", "valetkey-emulator-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}
