package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/proxy"
)

// exitBefore is the exit code of exec for whatever went wrong before the command ran, as with docker run.
const exitBefore = 125

type execOptions struct {
	upstreamFlags
	logging
	emulator bool
}

func (a *app) execCommand() *cobra.Command {
	var o execOptions
	cmd := &cobra.Command{
		Use:   "exec [TARGET] -- COMMAND [ARG...]",
		Short: "Run a command beside a sidecar of its own",
		Long: `Run a command that uses a cache through a sidecar, which listens on a free local port and ends with the command.
The command finds it in its environment: REDIS_URL and VALKEY_URL (redis://127.0.0.1:PORT), REDIS_HOST and
VALKEY_HOST (127.0.0.1), REDIS_PORT and VALKEY_PORT. It needs no password; one that it insists on is accepted.

With --emulator there is no TARGET: an emulated cache with an embedded engine runs beside, and no AWS account is needed.

Signals are passed on. The exit code is the command's, 128 and the signal's number if a signal ended it, and 125 if
it could not be run: the cache is tried first.`,
		Example: `  valetkey exec rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379 -- ./worker
  valetkey exec --emulator -- sh -c 'valkey-cli -u "$VALKEY_URL" PING'`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.exec(cmd, args, &o) },
	}
	o.upstreamFlags.flags(cmd.Flags())
	o.logging.flags(cmd)
	cmd.Flags().BoolVar(&o.emulator, "emulator", false, "use an emulated cache instead of a target")
	quietly := cmd.Flags().Lookup("log-level")
	quietly.DefValue, o.level = "warn", "warn"
	return cmd
}

// beforeChild gives everything that kept exec from running its command one exit code.
func beforeChild(cmd *cobra.Command, err error) error {
	if err == nil || cmd.Name() != "exec" || !cmd.HasParent() {
		return err
	}
	e := *explain(err)
	if e.err != nil {
		e.code = exitBefore
	}
	return &e
}

func (a *app) exec(cmd *cobra.Command, args []string, o *execOptions) error {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 || dash == len(args) {
		return usage(cmd, "no command: write it behind --")
	}
	targets, command := args[:dash], args[dash:]
	log, err := o.logger(cmd, a.stderr)
	if err != nil {
		return err
	}
	server, err := o.sidecar(cmd, a, targets, log)
	if err != nil {
		return err
	}
	defer server.Close()
	ln, err := proxy.Listen("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("exec: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(context.Background(), ln) }()
	if err := server.Check(cmd.Context()); err != nil {
		return fmt.Errorf("exec: %w", err)
	}
	return a.runChild(command, a.childEnvironment(ln.Addr()))
}

// sidecar is the server for the target, or for an emulator.
func (o *execOptions) sidecar(cmd *cobra.Command, a *app, targets []string, log *slog.Logger) (*proxy.Server, error) {
	if !o.emulator {
		targets, err := a.targets(cmd, targets)
		if err != nil {
			return nil, err
		}
		if len(targets) > 1 {
			return nil, usage(cmd, "%d targets, at most 1 allowed", len(targets))
		}
		return o.server(cmd.Context(), targets[0], log)
	}
	if len(targets) > 0 {
		return nil, usage(cmd, "a target beside --emulator")
	}
	cache := &emulator.Server{Config: emulator.Config{Logger: log}}
	if err := cache.Start(); err != nil {
		return nil, err
	}
	return &proxy.Server{Name: "emulator", Addr: cache.Addr(), Logger: log, Dialer: valetkey.Dialer{
		Source: valetkey.Reuse(cache.Source(), 0), TLSConfig: cache.ClientTLS(), RenewAfter: o.renewAfter, RenewBy: o.renewBy,
	}}, nil
}

// childEnvironment is the program's own, with where the sidecar is.
func (a *app) childEnvironment(addr net.Addr) []string {
	host, port, _ := net.SplitHostPort(addr.String()) // a listener's address always has both
	url := "redis://" + addr.String()
	return append(os.Environ(),
		"REDIS_URL="+url, "VALKEY_URL="+url,
		"REDIS_HOST="+host, "VALKEY_HOST="+host,
		"REDIS_PORT="+port, "VALKEY_PORT="+port)
}

// runChild runs the command to its end, which is the program's.
func (a *app) runChild(command, env []string) error {
	child := exec.Command(command[0], command[1:]...)
	child.Env, child.Stdin, child.Stdout, child.Stderr = env, a.stdin, a.stdout, a.stderr
	child.WaitDelay = time.Second // what it left running in the background may hold its output open
	signals, stop := receiveSignals()
	defer stop()
	if err := child.Start(); err != nil {
		return &exitError{exitBefore, fmt.Errorf("exec: %w", err), "check the command behind --"}
	}
	go passOn(signals, child.Process)
	err := child.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return quiet(exitCode(exit))
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("exec: %w", err)
	}
	return nil
}
