package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// An app is one run of the program: what it reads, where it writes and what is in its environment.
// Data goes to stdout, everything else to stderr.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            environment
}

// run is the program without its process: it returns the exit code. The context ends long-lived commands.
// The environment decides the flags; AWS's own variables are read by the AWS SDK from the process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, env: environment(env)}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return report(stderr, beforeChild(cmd, err))
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "valetkey",
		Short: "Short-lived IAM tokens for Valkey and Redis OSS on AWS",
		Long: `valetkey gives Valkey and Redis OSS on AWS short-lived IAM tokens instead of passwords.

Every flag can be given as an environment variable: --access-key-id is VALETKEY_ACCESS_KEY_ID.
A flag wins over the environment, the environment over the default. An unknown VALETKEY_ variable is an error.

Exit codes: 0 done, 1 failed, 2 usage, 3 configuration or credentials, 4 refused by the cache; exec ends with that
of the command it runs, 125 if it could not.`,
		Args:                       noCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.env.apply(root, cmd) }
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, "%w", err) })
	root.AddCommand(a.commands()...)
	return root
}

// commands are the program's own; cobra adds help and completion.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.tokenCommand(),
		a.inspectCommand(),
		a.proxyCommand(),
		a.execCommand(),
		a.waitCommand(),
		a.drainCommand(),
		a.emulatorCommand(),
		a.demoCommand(),
		a.versionCommand(),
	}
}

// noCommand refuses a word that is no command, with the ones that look like it.
func noCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := &exitError{code: exitUsage, err: fmt.Errorf("%q: no such command", args[0]), hint: "valetkey --help lists the commands"}
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		err.hint = "did you mean: valetkey " + near[0]
	}
	return err
}

// upTo allows at most n arguments.
func upTo(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usage(cmd, "%d arguments, at most %d allowed", len(args), n)
		}
		return nil
	}
}
