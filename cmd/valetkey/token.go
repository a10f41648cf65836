package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/valetkey/valetkey"
)

const maxExpires = 15 * time.Minute // AWS accepts no longer life

type tokenOptions struct {
	targetFlags
	logging // of --watch
	expires time.Duration
	format  string
	output  string
	watch   bool
}

func (a *app) tokenCommand() *cobra.Command {
	var o tokenOptions
	cmd := &cobra.Command{
		Use:   "token [URL]",
		Short: "Print a token for a cache, to be used as the password",
		Long: `Print a token: the password of an IAM user of ElastiCache or MemoryDB for the next 15 minutes.

The cache is named by its endpoint's URL (or VALETKEY_URL) or by flags; a flag beside a URL overrides that
part of it.
The credentials, and the region if nothing names it, come from AWS's default chain: environment,
shared files, SSO, web identity, container, instance. Signing itself needs no network.

Only the token goes to standard output. --format env prints shell lines that set VALKEYCLI_AUTH and
REDISCLI_AUTH, which valkey-cli and redis-cli read, so that the token never stands in a command line.

--output writes to a file instead, with mode 0600, which is replaced at once and never found half written. With --watch the
program stays and replaces it whenever a third of the token's life is over, for software that reads its password from a file for
each connection. What fails is tried again, and said on stderr; at the very start it ends the program. SIGTERM and SIGINT end it
with exit code 0. The file stays: its token ends by itself.`,
		Example: `  valetkey token rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379
  valetkey token --name orders --user app --region eu-west-1
  eval "$(valetkey token --name orders --user app --region eu-west-1 --format env)"
  valetkey token --name orders --user app --region eu-west-1 --output /run/app/token --watch`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.token(cmd, args, &o) },
	}
	o.targetFlags.flags(cmd, targetFlags{})
	cmd.Flags().DurationVar(&o.expires, "expires", maxExpires, "life of the token, at most 15m; credentials that end sooner shorten it")
	cmd.Flags().StringVar(&o.format, "format", "text", "text, json or env")
	cmd.Flags().StringVar(&o.output, "output", "", "file to write instead of stdout, with mode 0600")
	cmd.Flags().BoolVar(&o.watch, "watch", false, "stay, and keep the token in the --output file fresh")
	o.logging.flags(cmd)
	return cmd
}

func (a *app) token(cmd *cobra.Command, args []string, o *tokenOptions) error {
	write, ok := tokenFormats()[o.format]
	switch {
	case !ok:
		return badFormat(cmd, "format", o.format, "text", "json", "env")
	case o.expires < time.Second || o.expires > maxExpires:
		return usage(cmd, "--expires %v: want between 1s and %v", o.expires, maxExpires)
	case o.watch && o.output == "":
		return usage(cmd, "--watch without --output: there is no file to keep fresh")
	}
	if url := a.env.get(targetURL); url != "" && len(args) == 0 {
		args = []string{url}
	}
	signer, err := newSigner(cmd, args, o)
	if err != nil {
		return err
	}
	if o.output != "" {
		return a.tokenToFile(cmd, signer, o, write)
	}
	token, err := signer.Token(cmd.Context())
	if err != nil {
		return err
	}
	if isTerminal(a.stdout) {
		fmt.Fprintln(a.stderr, "warning: a terminal keeps what it shows; pipe the token, or use --format env with eval")
	}
	return write(a.stdout, signer.Target, token)
}

// tokenToFile writes a token to the file, and with --watch does not leave it at that.
func (a *app) tokenToFile(cmd *cobra.Command, signer *valetkey.Signer, o *tokenOptions, write tokenWriter) error {
	log, err := o.logger(cmd, a.stderr)
	if err != nil {
		return err
	}
	file := tokenFile{o.output, func(w io.Writer, t valetkey.Token) error { return write(w, signer.Target, t) }}
	put := func(t valetkey.Token) error {
		if err := file.put(t); err != nil {
			return &exitError{exitFailed, fmt.Errorf("token: --output: %w", err), "name a file in a directory that you may write to"}
		}
		return nil
	}
	w := &tokenWatch{source: signer, put: put, log: log}
	if !o.watch {
		return w.refresh(cmd.Context())
	}
	return w.run(cmd.Context())
}

func newSigner(cmd *cobra.Command, args []string, o *tokenOptions) (*valetkey.Signer, error) {
	loaded, err := config.LoadDefaultConfig(cmd.Context())
	if err != nil {
		return nil, awsConfigError(err)
	}
	target := o.target()
	if target.Region == "" {
		target.Region = loaded.Region
	}
	if len(args) > 0 {
		if target, err = valetkey.ParseTarget(o.override(cmd, args[0])); err != nil {
			return nil, err
		}
	}
	signer, err := valetkey.NewSigner(target, loaded.Credentials)
	if err != nil {
		return nil, err
	}
	signer.Life = o.expires
	return signer, nil
}

func awsConfigError(err error) error {
	return &exitError{exitConfig, fmt.Errorf("load AWS configuration: %w", err), "check AWS_PROFILE and ~/.aws/config"}
}

type tokenWriter func(io.Writer, valetkey.Target, valetkey.Token) error

func tokenFormats() map[string]tokenWriter {
	return map[string]tokenWriter{"text": writeText, "json": writeJSON, "env": writeEnv}
}

func writeText(w io.Writer, _ valetkey.Target, t valetkey.Token) error {
	_, err := fmt.Fprintln(w, t.Secret())
	return err
}

func writeJSON(w io.Writer, target valetkey.Target, t valetkey.Token) error {
	return json.NewEncoder(w).Encode(struct {
		User    string    `json:"user"`
		Token   string    `json:"token"`
		Expires time.Time `json:"expires"`
		Service string    `json:"service"`
		Name    string    `json:"name"`
		Region  string    `json:"region"`
		Address string    `json:"address,omitempty"`
	}{t.User(), t.Secret(), t.Expires().UTC(), string(target.Service), target.Name, target.Region, target.Address})
}

// writeEnv sets the variables that the two command lines read a password from.
func writeEnv(w io.Writer, _ valetkey.Target, t valetkey.Token) error {
	for _, name := range []string{"VALKEYCLI_AUTH", "REDISCLI_AUTH"} {
		if _, err := fmt.Fprintf(w, "export %s=%s\n", name, shellQuote(t.Secret())); err != nil {
			return err
		}
	}
	return nil
}

// shellQuote makes one word of s for any POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// shellWord leaves alone what needs no quotes, for what people read.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" && s != "" {
		return s
	}
	return shellQuote(s)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
