package verify

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// String explains the token to a person, a line for each fact and for each problem with its hint.
func (in Inspection) String() string {
	var b strings.Builder
	for _, f := range in.facts() {
		fmt.Fprintf(&b, "%-14s %s\n", f[0], f[1])
	}
	if len(in.Problems) == 0 {
		b.WriteString("problems       none that can be seen without the key\n")
	}
	for _, p := range in.Problems {
		fmt.Fprintf(&b, "problem        %s\n", strings.TrimSuffix(string(p.Reason)+": "+p.Detail, ": "))
		fmt.Fprintf(&b, "  hint         %s\n", p.Hint)
	}
	return b.String()
}

func (in Inspection) facts() [][2]string {
	return [][2]string{
		{"name", orNone(in.Name)},
		{"service", orNone(in.Service)},
		{"serverless", map[bool]string{true: "yes", false: "no"}[in.Serverless]},
		{"region", orNone(in.Region)},
		{"user", orNone(in.User)},
		{"access key id", orNone(in.AccessKeyID)},
		{"signed at", instant(in.SignedAt)},
		{"expires at", fmt.Sprintf("%s (%d seconds after signing)", instant(in.ExpiresAt), in.ExpiresSeconds)},
		{"session token", length(in.SessionTokenLength)},
		{"signature", length(in.SignatureLength)},
		{"size", fmt.Sprintf("%d bytes", in.Size)},
	}
}

func orNone(s string) string { return cmp.Or(s, "none") }

func instant(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return clock(t)
}

func length(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("%d bytes, not shown", n)
}
