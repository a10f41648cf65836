package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	emulator, socket bool
}

func (a *app) execCommand() *cobra.Command {
	var o execOptions
	cmd := &cobra.Command{
		Use:   "exec [TARGET] -- COMMAND [ARG...]",
		Short: "Run a command beside a sidecar of its own",
		Long: `Run a command that uses a cache through a sidecar, which listens on a free local port and ends with the command.
The command finds it in its environment: REDIS_URL and VALKEY_URL (redis://127.0.0.1:PORT), REDIS_HOST and
VALKEY_HOST (127.0.0.1), REDIS_PORT and VALKEY_PORT. It needs no password; one that it insists on is accepted.

With --socket the sidecar listens on a Unix socket instead, which only this user can reach: REDIS_SOCKET and
VALKEY_SOCKET are its path, REDIS_URL and VALKEY_URL are unix://PATH, as redis-py, go-redis, redis-rb and others read it. Of these
variables those that do not apply are removed, so that none points elsewhere.

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
	cmd.Flags().BoolVar(&o.socket, "socket", false, "listen on a Unix socket instead of a port")
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
	ln, remove, err := o.listen()
	if err != nil {
		return fmt.Errorf("exec: %w", err)
	}
	defer remove()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(context.Background(), ln) }()
	signals, stop := receiveSignals() // before the check: the command gets one that comes behind it
	defer stop()
	if err := server.Check(cmd.Context()); err != nil {
		return fmt.Errorf("exec: %w", err)
	}
	return a.runChild(command, childEnvironment(os.Environ(), ln.Addr()), signals)
}

// listen takes a free port, or makes a socket in a directory of its own, which remove removes.
func (o *execOptions) listen() (ln net.Listener, remove func(), err error) {
	if !o.socket {
		ln, err = proxy.Listen("127.0.0.1:0")
		return ln, func() {}, err
	}
	dir, err := os.MkdirTemp("", "valetkey-")
	if err != nil {
		return nil, nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	if ln, err = proxy.Listen("unix:" + filepath.Join(dir, "s")); err != nil {
		remove()
	}
	return ln, remove, err
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

// childEnvironment is the program's own, with where the sidecar is and nothing that names another cache in its place.
func childEnvironment(own []string, addr net.Addr) []string {
	values := map[string]string{"URL": "unix://" + addr.String(), "SOCKET": addr.String(), "HOST": "", "PORT": ""}
	if addr.Network() != "unix" {
		host, port, _ := net.SplitHostPort(addr.String()) // a listener's address always has both
		values = map[string]string{"URL": "redis://" + addr.String(), "SOCKET": "", "HOST": host, "PORT": port}
	}
	var env []string
	for _, prefix := range []string{"REDIS_", "VALKEY_"} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			own = slices.DeleteFunc(own, func(kv string) bool { return strings.HasPrefix(kv, prefix+name+"=") })
			if values[name] != "" {
				env = append(env, prefix+name+"="+values[name])
			}
		}
	}
	return append(own, env...)
}

// runChild runs the command to its end, which is the program's, and passes signals on to it.
func (a *app) runChild(command, env []string, signals <-chan os.Signal) error {
	child := exec.Command(command[0], command[1:]...)
	child.Env, child.Stdin, child.Stdout, child.Stderr = env, a.stdin, a.stdout, a.stderr
	child.WaitDelay = time.Second // what it left running in the background may hold its output open
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
