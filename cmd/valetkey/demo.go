package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/valetkey/valetkey/cmd/valetkey/internal/demo"
)

type demoOptions struct {
	duration time.Duration
	json     bool
}

func (a *app) demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show connections outliving their tokens and sessions, without an AWS account",
		Long: `Run an application, a cache that wants IAM tokens and valetkey's dialer between them, in one process, with AWS's
15 minutes and 12 hours scaled down to seconds. The application is go-redis with GET and SET, pipelines, MULTI,
pub/sub and blocking reads; it checks every reply. Behind the cache is valkey-server if it is on PATH, else an
embedded engine.

A terminal shows the counts as they change, anything else gets a line now and then; with --json all of that goes
to stderr, and stdout gets one object at the end. NO_COLOR turns colours off. Ctrl-C ends it early.

Exit code 0 means that no command failed, nothing was lost and no connection was cut, and that the server has
seen every renewal.`,
		Example: `  valetkey demo
  valetkey demo --duration 1m --json`,
		Args: upTo(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd, o) },
	}
	cmd.Flags().DurationVar(&o.duration, "duration", 20*time.Second, fmt.Sprintf("how long, at least one session of %v", demo.SessionLimit))
	cmd.Flags().BoolVar(&o.json, "json", false, "print the result as one JSON object")
	return cmd
}

func (a *app) demo(cmd *cobra.Command, o demoOptions) error {
	if o.duration < demo.SessionLimit {
		return usage(cmd, "--duration %v: want at least %v, one session", o.duration, demo.SessionLimit)
	}
	screen := a.stdout
	if o.json {
		screen = a.stderr
	}
	show := demo.Demo{Duration: o.duration, Screen: screen, Terminal: a.terminal(screen)}
	result, err := show.Run(cmd.Context())
	if err != nil {
		return err
	}
	if err := a.writeResult(&result, o); err != nil {
		return err
	}
	return demoFailed(&result)
}

// terminal is how to draw on w, nil if it is none that can be drawn on.
func (a *app) terminal(w io.Writer) *demo.Terminal {
	if !isTerminal(w) || a.env.get("TERM") == "dumb" {
		return nil
	}
	screen := w.(*os.File) // which is what a terminal is
	return &demo.Terminal{Colour: a.env.get("NO_COLOR") == "", Width: func() int {
		if width, _, err := term.GetSize(int(screen.Fd())); err == nil && width > 0 {
			return width
		}
		return 80
	}}
}

// writeResult writes what there is to say to stdout, and to a person where to go from here.
func (a *app) writeResult(r *demo.Result, o demoOptions) error {
	if o.json {
		return json.NewEncoder(a.stdout).Encode(r)
	}
	if _, err := fmt.Fprintln(a.stdout, r); err != nil {
		return err
	}
	if r.OK {
		fmt.Fprintf(a.stderr, `
Next: the same cache for a client of yours   valetkey emulator --session-limit 1m
      the dialer in a program of yours       README.md, "In Go"
`)
	}
	return nil
}

func demoFailed(r *demo.Result) error {
	err := r.Err()
	switch {
	case err == nil:
		return nil
	case r.Interrupted && r.Renewals == 0:
		return &exitError{exitFailed, err, fmt.Sprintf("let it run for %v or longer", demo.SessionLimit)}
	}
	return &exitError{exitFailed, err, "a very busy machine can be too slow for sessions of seconds: try again; if that fails too, report it, with --json"}
}
