package demo

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// kept is a run in which everything was as promised.
func kept() Result {
	return Result{Engine: "embedded", Counts: Counts{
		Elapsed: Seconds(20 * time.Second), TokenAge: Seconds(1200 * time.Millisecond), LoginAge: Seconds(1300 * time.Millisecond),
		Tokens: 14, Connections: 12, Open: 12, Renewals: 1144, Seen: 1144, Outlived: 72, Commands: 141203,
	}}
}

func TestVerdict(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*Result)
		want  string // "" is a promise kept
	}{
		"kept":                {func(*Result) {}, ""},
		"interrupted":         {func(r *Result) { r.Interrupted = true }, ""},
		"refused once":        {func(r *Result) { r.Refused = 1 }, ""},
		"a command failed":    {func(r *Result) { r.Failed, r.FirstError = 1, "EOF" }, "failed commands: 1; the first error: EOF"},
		"a message was lost":  {func(r *Result) { r.Lost = 2 }, "did not arrive: 2"},
		"a connection cut":    {func(r *Result) { r.Cut = 1 }, "connections cut at the end of their session: 1"},
		"one replaced":        {func(r *Result) { r.Replaced = 1 }, "connections replaced because they could not be renewed in time: 1"},
		"a renewal not seen":  {func(r *Result) { r.Seen-- }, "the dialer counts 1144 renewals, the server 1143"},
		"one seen too many":   {func(r *Result) { r.Seen++ }, "the dialer counts 1144 renewals, the server 1145"},
		"no renewals":         {func(r *Result) { r.Renewals, r.Seen, r.Outlived = 0, 0, 0 }, "no renewal was seen in 20.0s"},
		"fewer than sessions": {func(r *Result) { r.Renewals, r.Seen = 71, 71 }, "72 session limits passed with only 71 renewals"},
		"nothing done":        {func(r *Result) { r.Commands = 0 }, "no command was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			r := kept()
			tt.spoil(&r)
			r.judge()
			err := r.Err()
			if r.OK != (tt.want == "") || (err == nil) != r.OK {
				t.Fatalf("ok is %v, the error is %v, want %q", r.OK, err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
			if strings.HasPrefix(r.String(), "ok: ") != r.OK {
				t.Errorf("the last line is %q", r.String())
			}
		})
	}
}

func TestLastLine(t *testing.T) {
	r := kept()
	r.judge()
	const want = "ok: 141,203 commands in 20.0s, 0 failed, 0 lost, 0 cut; " +
		"1,144 renewals, all seen by the server, took 12 connections past 72 session limits"
	if got := r.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r.Seen = 1143
	r.judge()
	if got := r.String(); !strings.Contains(got, "1,144 renewals, 1,143 seen by the server") {
		t.Errorf("got %s", got)
	}
}

func TestResultAsJSON(t *testing.T) {
	r := kept()
	r.judge()
	got, err := json.Marshal(&r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"ok":true,"engine":"embedded","interrupted":false,"elapsed_seconds":20.000,"token_age_seconds":1.200,` +
		`"login_age_seconds":1.300,"tokens":14,"connections":12,"open":12,"renewals":1144,"renewals_seen":1144,"sessions_outlived":72,` +
		`"commands":141203,"failed":0,"lost":0,"cut":0,"replaced":0,"refused":0,"problems":[]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -123456: "-123,456", -12: "-12"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
