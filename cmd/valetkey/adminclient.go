package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// adminFlags say where the admin endpoint of a running proxy is.
type adminFlags struct {
	admin   string
	timeout time.Duration
}

func (o *adminFlags) flags(cmd *cobra.Command, timeout time.Duration, usage string) {
	cmd.Flags().StringVar(&o.admin, "admin", "127.0.0.1:9180", "the --admin of the valetkey proxy: HOST:PORT or unix:PATH")
	cmd.Flags().DurationVar(&o.timeout, "timeout", timeout, usage)
}

func (a *app) waitCommand() *cobra.Command {
	var o adminFlags
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "Wait until a running proxy is ready",
		Long: `Wait until the proxy whose admin endpoint is at --admin is ready: it accepts clients and can reach its caches. Exit code 0
means that it is, 1 that it was not in time.`,
		Example: `  valetkey proxy --admin 127.0.0.1:9180 rediss://app@127.0.0.1:6380?name=orders\&region=eu-west-1 &
  valetkey wait --timeout 10s && ./worker`,
		Args: upTo(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.wait(cmd.Context()) },
	}
	o.flags(cmd, 30*time.Second, "how long to wait")
	return cmd
}

func (a *app) drainCommand() *cobra.Command {
	var o adminFlags
	cmd := &cobra.Command{
		Use:   "drain",
		Short: "End a running proxy, once its clients have finished what they are doing",
		Long: `End the proxy whose admin endpoint is at --admin as SIGTERM does, and wait for the end. Exit code 0 means that nothing was
broken off, 1 that something was.`,
		Args: upTo(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.drain(cmd.Context()) },
	}
	o.flags(cmd, 0, "how long to wait for the end (default: as long as it takes)")
	return cmd
}

// wait asks again and again, because a proxy that does not listen yet cannot tell when it will.
func (o *adminFlags) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	for {
		status, why, err := o.ask(ctx, http.MethodGet, "/readiness")
		if err == nil && status == http.StatusOK {
			return nil
		}
		if err == nil {
			err = errors.New(why)
		}
		select {
		case <-ctx.Done():
			return &exitError{exitFailed, fmt.Errorf("wait: not ready after %v: %w", o.timeout, err), "valetkey proxy --admin " + o.admin + " must run; its log says more"}
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (o *adminFlags) drain(ctx context.Context) error {
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	status, why, err := o.ask(ctx, http.MethodPost, "/drain")
	switch {
	case err != nil:
		return &exitError{exitFailed, fmt.Errorf("drain: %w", err), "--admin is the address that valetkey proxy was given"}
	case status != http.StatusOK:
		return &exitError{exitFailed, fmt.Errorf("drain: %s", why), "valetkey proxy --drain-timeout gives clients longer"}
	}
	return nil
}

// ask sends a request to the admin endpoint.
func (o *adminFlags) ask(ctx context.Context, method, path string) (status int, body string, err error) {
	network, addr := "tcp", o.admin
	if socket, ok := strings.CutPrefix(addr, "unix:"); ok {
		network, addr = "unix", socket
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	request, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxInput))
	return response.StatusCode, strings.TrimSpace(string(text)), err
}
