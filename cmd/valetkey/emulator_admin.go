package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// emulatorAdmin is where a running emulator takes orders.
type emulatorAdmin struct{ addr string }

// orderLimit bounds an order; a node that is dropped or restored takes a while.
const orderLimit = 2 * time.Minute

// An order is a subcommand of emulator that has the running one do something.
type order struct {
	use, short, example string
	args                cobra.PositionalArgs
	flags               func(*cobra.Command)
	path                string
	body                func(cmd *cobra.Command, args []string) (map[string]any, error) // nil: a question
}

// orders are the subcommands of emulator.
func (a *app) orders() (all []*cobra.Command) {
	for _, o := range []order{
		{use: "status", short: "Show what a running emulator is and offers", args: cobra.NoArgs, path: "/config"},
		{use: "stats", short: "Show a running emulator's counters", args: cobra.NoArgs, path: "/stats"},
		{use: "refusals", short: "Show what a running emulator has refused, and why", args: cobra.NoArgs, path: "/refusals"},
		{use: "advance DURATION", short: "Make all that exists so much older: tokens, credentials, sessions", args: cobra.ExactArgs(1), path: "/advance",
			example: "  valetkey emulator advance 12h", body: oneArgument("by")},
		{use: "fault", short: "Inject faults into a running emulator, or end them", args: cobra.NoArgs, path: "/fault", flags: faultFlags,
			example: "  valetkey emulator fault --iam unavailable\n  valetkey emulator fault --iam none --auth-delay 2s", body: faults},
		{use: "cut [USER]", short: "Cut connections, a user's or all", args: cobra.MaximumNArgs(1), path: "/cut",
			flags: func(cmd *cobra.Command) { cmd.Flags().Int("count", 0, "how many, the oldest first; 0: all") }, body: cut},
		{use: "revoke [KEY]", short: "Make an access key inactive, or take a user out of the group", args: cobra.MaximumNArgs(1), path: "/revoke",
			flags: func(cmd *cobra.Command) { cmd.Flags().String("user", "", "the user, whose connections are cut") }, body: revoke},
		{use: "drop NODE", short: "Make a node fail; a replica takes over from a primary", args: cobra.ExactArgs(1), path: "/drop",
			example: "  valetkey emulator drop orders-0001-001", body: oneArgument("node")},
		{use: "restore NODE", short: "Bring back a node that was dropped", args: cobra.ExactArgs(1), path: "/restore", body: oneArgument("node")},
	} {
		all = append(all, a.orderCommand(o))
	}
	return all
}

func (a *app) orderCommand(o order) *cobra.Command {
	var admin emulatorAdmin
	cmd := &cobra.Command{Use: o.use, Short: o.short, Example: o.example,
		Long: o.short + ".\n\nThe emulator must run with --admin. The answer is JSON."}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := o.args(cmd, args); err != nil {
			return usage(cmd, "%w", err)
		}
		return nil
	}
	cmd.Flags().StringVar(&admin.addr, "admin", "127.0.0.1:6381", "the --admin of the valetkey emulator")
	if o.flags != nil {
		o.flags(cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var body map[string]any
		if o.body != nil {
			var err error
			if body, err = o.body(cmd, args); err != nil {
				return err
			}
		}
		answer, err := admin.ask(cmd.Context(), o.path, body)
		if err != nil {
			return &exitError{exitFailed, fmt.Errorf("emulator %s: %w", cmd.Name(), err), "--admin is the address that valetkey emulator was given"}
		}
		_, err = a.stdout.Write(answer)
		return err
	}
	return cmd
}

func oneArgument(name string) func(*cobra.Command, []string) (map[string]any, error) {
	return func(_ *cobra.Command, args []string) (map[string]any, error) {
		return map[string]any{name: args[0]}, nil
	}
}

func faultFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.String("iam", "none", "unavailable, throttled or none: what becomes of every AUTH")
	flags.Duration("auth-delay", 0, "make every AUTH take that much longer")
	flags.Float64("auth-rate", 0, "throttle AUTH to so many a second; 0: do not")
	flags.Bool("refuse-connections", false, "close new connections at once")
}

// faults takes the faults that are named; others stay as they are.
func faults(cmd *cobra.Command, _ []string) (map[string]any, error) {
	body, flags := map[string]any{}, cmd.Flags()
	for _, name := range []string{"iam", "auth-delay", "auth-rate", "refuse-connections"} {
		if !flags.Changed(name) {
			continue
		}
		switch name {
		case "iam":
			body["iam"], _ = flags.GetString(name)
		case "auth-delay":
			d, _ := flags.GetDuration(name)
			body["auth_delay"] = d.String()
		case "auth-rate":
			body["auth_rate"], _ = flags.GetFloat64(name)
		case "refuse-connections":
			body["refuse_connections"], _ = flags.GetBool(name)
		}
	}
	if len(body) == 0 {
		return nil, usage(cmd, "no fault is named")
	}
	return body, nil
}

func cut(cmd *cobra.Command, args []string) (map[string]any, error) {
	count, err := cmd.Flags().GetInt("count")
	body := map[string]any{"count": count}
	if len(args) > 0 {
		body["user"] = args[0]
	}
	return body, err
}

func revoke(cmd *cobra.Command, args []string) (map[string]any, error) {
	user, err := cmd.Flags().GetString("user")
	switch {
	case (user == "") == (len(args) == 0):
		return nil, usage(cmd, "want either an access key id or --user")
	case user != "":
		return map[string]any{"user": user}, err
	}
	return map[string]any{"key": args[0]}, err
}

// ask puts a question, or an order if there is a body, and returns the answer in JSON, laid out for people.
func (e *emulatorAdmin) ask(ctx context.Context, path string, body map[string]any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, orderLimit)
	defer cancel()
	method, text := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+e.addr+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var refused struct{ Error string }
	if response.StatusCode != http.StatusOK {
		if json.Unmarshal(answer, &refused) != nil || refused.Error == "" {
			return nil, fmt.Errorf("%s answers %s: this is no emulator's admin endpoint", e.addr, response.Status)
		}
		return nil, fmt.Errorf("%s", refused.Error)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, bytes.TrimSpace(answer), "", "  "); err != nil {
		return nil, err
	}
	return append(pretty.Bytes(), '\n'), nil
}
