package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
)

// logging is the pair of flags of every command that keeps a log. The log goes to stderr.
type logging struct{ format, level string }

func (l *logging) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.format, "log-format", "text", "log as text or json")
	cmd.Flags().StringVar(&l.level, "log-level", "info", "log debug, info, warn or error and above")
}

func (l *logging) logger(cmd *cobra.Command, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.level)); err != nil {
		return nil, usage(cmd, "--log-level %s: want debug, info, warn or error", l.level)
	}
	options := &slog.HandlerOptions{Level: level}
	switch l.format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, badFormat(cmd, "log-format", l.format, "text", "json")
}

func badFormat(cmd *cobra.Command, flag, got string, want ...string) error {
	return usage(cmd, "--%s %s: want one of %s", flag, got, fmt.Sprint(want))
}
