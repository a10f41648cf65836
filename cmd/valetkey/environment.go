package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	prefix    = "VALETKEY_"
	targetURL = prefix + "URL" // stands in for the argument URL
)

// An environment is the process's, in the form of os.Environ.
type environment []string

// get returns a variable; an empty one counts as not set, because that is all a compose file can say.
func (e environment) get(key string) string {
	for _, kv := range slices.Backward(e) {
		if value, ok := strings.CutPrefix(kv, key+"="); ok {
			return value
		}
	}
	return ""
}

// apply sets the flags of cmd that the command line did not. A variable that belongs to no flag of any
// command is an error, so that a mistyped name is not silently the default.
func (e environment) apply(root, cmd *cobra.Command) error {
	if err := e.unknown(root); err != nil {
		return err
	}
	var first error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := e.get(variable(f.Name))
		if f.Changed || value == "" || first != nil {
			return
		}
		if err := f.Value.Set(value); err != nil {
			first = badVariable(variable(f.Name), err)
		}
	})
	return first
}

func badVariable(name string, err error) error {
	return &exitError{exitConfig, fmt.Errorf("environment %s: %w", name, err), "unset " + name + ", or see valetkey --help"}
}

// variable names the environment variable of a flag.
func variable(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func (e environment) unknown(root *cobra.Command) error {
	known := []string{targetURL, prefix + "REQUIRE_ALL", prefix + "SEED"} // the last two are the project's tests'
	eachCommand(root, func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, variable(f.Name)) })
	})
	for _, kv := range e {
		name, value, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, prefix) && value != "" && !slices.Contains(known, name) && !serviceLink(name, value) {
			return badVariable(name, fmt.Errorf("no flag has this name"))
		}
	}
	return nil
}

func eachCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, visit)
	}
}

// serviceLink recognises what Kubernetes puts into every container of a namespace that has a Service called
// valetkey or valetkey-something.
func serviceLink(name, value string) bool {
	return regexp.MustCompile(`_SERVICE_(HOST|PORT(_\w+)?)$`).MatchString(name) ||
		regexp.MustCompile(`_PORT(_\d+_(TCP|UDP|SCTP))?$`).MatchString(name) && strings.Contains(value, "://") ||
		regexp.MustCompile(`_PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)$`).MatchString(name)
}
