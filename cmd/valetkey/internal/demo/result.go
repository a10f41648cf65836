package demo

import (
	"fmt"
	"strings"
	"time"
)

// Seconds is a duration that JSON writes as seconds.
type Seconds time.Duration

// MarshalJSON writes seconds to the millisecond.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", time.Duration(s).Seconds()), nil
}

// String is for people: seconds to the tenth.
func (s Seconds) String() string { return fmt.Sprintf("%.1fs", time.Duration(s).Seconds()) }

// Counts is what there is to count, at one moment.
type Counts struct {
	// Elapsed is the time since the start, TokenAge the age of the token that the server has seen last, LoginAge the longest
	// time since an open connection was authenticated.
	Elapsed  Seconds `json:"elapsed_seconds"`
	TokenAge Seconds `json:"token_age_seconds"`
	LoginAge Seconds `json:"login_age_seconds"`
	// Tokens is how many different tokens the server has seen.
	Tokens int64 `json:"tokens"`
	// Connections is how many were made, Open how many there are now.
	Connections int64 `json:"connections"`
	Open        int   `json:"open"`
	// Renewals is how often the dialer has authenticated a connection again, Seen how often the server has seen that.
	Renewals int64 `json:"renewals"`
	Seen     int64 `json:"renewals_seen"`
	// Outlived is how many session limits the connections have lived through: how many cuts there would have been without renewals.
	Outlived int64 `json:"sessions_outlived"`
	// Commands is what the application has sent. Failed is errors and wrong replies, Lost is messages and increments that did
	// not arrive.
	Commands int64 `json:"commands"`
	Failed   int64 `json:"failed"`
	Lost     int64 `json:"lost"`
	// Cut is connections that the server has closed at the end of their session, Replaced those that the dialer has closed
	// before because they could not be renewed.
	Cut      int64 `json:"cut"`
	Replaced int64 `json:"replaced"`
	// Refused is what the server has refused. The dialer makes up for a refused renewal with another.
	Refused int64 `json:"refused"`
}

// A Result is what came of a demonstration.
type Result struct {
	// OK means that there are no Problems.
	OK bool `json:"ok"`
	// Engine is what stood behind the server: "embedded", or "valkey-server" with its version.
	Engine string `json:"engine"`
	// Interrupted means that it was ended before its time. That alone is no problem.
	Interrupted bool `json:"interrupted"`
	Counts
	// FirstError is the first thing that went wrong with a command.
	FirstError string `json:"first_error,omitempty"`
	// Problems say what was not as promised.
	Problems []string `json:"problems"`
}

// judge decides whether the promise was kept: nothing failed or got lost, and each connection was renewed in time, which the
// server has seen.
func (r *Result) judge() {
	r.Problems = []string{}
	for _, p := range []struct {
		wrong bool
		text  string
	}{
		{r.Failed > 0, fmt.Sprintf("failed commands: %d", r.Failed)},
		{r.Lost > 0, fmt.Sprintf("messages or increments that did not arrive: %d", r.Lost)},
		{r.Cut > 0, fmt.Sprintf("connections cut at the end of their session: %d", r.Cut)},
		{r.Replaced > 0, fmt.Sprintf("connections replaced because they could not be renewed in time: %d", r.Replaced)},
		{r.Renewals != r.Seen, fmt.Sprintf("the dialer counts %d renewals, the server %d", r.Renewals, r.Seen)},
		{r.Renewals == 0, fmt.Sprintf("no renewal was seen in %v", r.Elapsed)},
		{r.Seen < r.Outlived, fmt.Sprintf("%d session limits passed with only %d renewals", r.Outlived, r.Seen)},
		{r.Commands == 0, "no command was sent"},
	} {
		if p.wrong {
			r.Problems = append(r.Problems, p.text)
		}
	}
	r.OK = len(r.Problems) == 0
}

// Err is nil if all was as promised.
func (r *Result) Err() error {
	if r.OK {
		return nil
	}
	text := strings.Join(r.Problems, "; ")
	if r.FirstError != "" {
		text += "; the first error: " + r.FirstError
	}
	return fmt.Errorf("demo: %s", text)
}

// String sums up in one line.
func (r *Result) String() string {
	verdict, seen := "ok", "all"
	if !r.OK {
		verdict = "NOT OK"
	}
	if r.Seen != r.Renewals {
		seen = thousands(r.Seen)
	}
	return fmt.Sprintf("%s: %s commands in %v, %d failed, %d lost, %d cut; %s renewals, %s seen by the server, took %d connections past %d session limits",
		verdict, thousands(r.Commands), r.Elapsed, r.Failed, r.Lost, r.Cut, thousands(r.Renewals), seen, r.Connections, r.Outlived)
}
