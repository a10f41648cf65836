package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/valetkey/valetkey"
)

// The exit codes of the program.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2 // the command line
	exitConfig  = 3 // the environment, or AWS's configuration and credentials
	exitRefused = 4 // the cache said no
)

// An exitError says how the program ends and what to do next.
type exitError struct {
	code int
	err  error
	hint string
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// quiet ends the program with a code when the output has said everything.
func quiet(code int) error { return &exitError{code: code} }

func usage(cmd *cobra.Command, format string, args ...any) error {
	return &exitError{
		code: exitUsage,
		err:  fmt.Errorf(cmd.Name()+": "+format, args...),
		hint: cmd.CommandPath() + " --help",
	}
}

// report prints an error in the program's one form and returns the exit code. Reasons live with the
// library, hints with the program.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	e := explain(err)
	if e.err != nil {
		fmt.Fprintf(stderr, "valetkey: %v\n", e.err)
	}
	if e.hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", e.hint)
	}
	return e.code
}

func explain(err error) *exitError {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e
	}
	for _, known := range []exitError{
		{exitUsage, valetkey.InvalidTarget, "a target needs a name, a user and a region: see valetkey token --help"},
		{exitConfig, valetkey.CredentialsUnavailable, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; try: aws sts get-caller-identity"},
		{exitRefused, valetkey.Refused, "valetkey token … | valetkey inspect explains the token"},
		{exitFailed, valetkey.ConnectionLost, "check the address, the security group and TLS"},
		{exitFailed, context.Canceled, "the program was interrupted"},
	} {
		if errors.Is(err, known.err) {
			return &exitError{known.code, err, cmp.Or(tlsHint(err), known.hint)}
		}
	}
	return &exitError{code: exitFailed, err: err}
}

// tlsHint is for what goes wrong with a certificate, or without one.
func tlsHint(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "--ca-file names the authority of a private certificate; those of AWS come with the system (package ca-certificates)"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "--server-name is the name in the cache's certificate, if the address is another, such as a tunnel's"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "what answers there speaks no TLS: check the port, and that encryption in transit is on"
	}
	return ""
}
