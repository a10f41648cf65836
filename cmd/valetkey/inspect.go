package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/valetkey/valetkey/verify"
)

// maxInput is more than any token has; the rest of a longer input is not read.
const maxInput = 64 << 10

func (a *app) inspectCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "inspect [TOKEN|-]",
		Short: "Explain a token without showing its secrets",
		Long: `Explain a token: which cache, user and region it is for, when it was signed, when it ends, and what is
wrong with it as far as that can be seen without the key. Its signature and session token are never shown.

The token is read from standard input; an argument works too, but other users of the machine can see it there.
Exit code 0 means no problem was found, 1 that there is one.`,
		Example: `  valetkey token --name orders --user app --region eu-west-1 | valetkey inspect`,
		Args:    upTo(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.inspect(cmd, args, format) },
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func (a *app) inspect(cmd *cobra.Command, args []string, format string) error {
	if format != "text" && format != "json" {
		return badFormat(cmd, "format", format, "text", "json")
	}
	token, err := a.readToken(cmd, args)
	if err != nil {
		return err
	}
	found, err := verify.Inspect(token)
	if err != nil {
		return refusedInspection(err)
	}
	if err := a.writeInspection(found, format); err != nil {
		return err
	}
	if len(found.Problems) > 0 {
		return quiet(exitFailed)
	}
	return nil
}

func (a *app) readToken(cmd *cobra.Command, args []string) (string, error) {
	if len(args) > 0 && args[0] != "-" {
		fmt.Fprintln(a.stderr, "warning: other users of this machine can see a token in the command line; pipe it instead")
		return args[0], nil
	}
	if f, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(a.stderr, "reading a token from standard input")
	}
	data, err := io.ReadAll(io.LimitReader(a.stdin, maxInput))
	if err != nil {
		return "", fmt.Errorf("inspect: read standard input: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", usage(cmd, "standard input is empty: no token to explain")
	}
	return token, nil
}

// refusedInspection is for what is no token at all.
func refusedInspection(err error) error {
	e := &exitError{code: exitFailed, err: fmt.Errorf("inspect: %w", err)}
	if r, ok := errors.AsType[*verify.Refusal](err); ok {
		e.hint = r.Hint()
	}
	return e
}

func (a *app) writeInspection(found verify.Inspection, format string) error {
	if format == "json" {
		return json.NewEncoder(a.stdout).Encode(found)
	}
	_, err := io.WriteString(a.stdout, found.String())
	return err
}
