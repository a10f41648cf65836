package glide

import (
	"strings"

	"github.com/valetkey/valetkey"
)

// updateError wraps what GLIDE said. Its errors are mostly strings without a type; the ones below begin a server's answer to AUTH
// (AWS: "Connect to a cache with a public endpoint"), everything else is about the connection.
func updateError(user string, immediate bool, err error) error {
	op := "store a token for user"
	if immediate {
		op = "re-authenticate user"
	}
	return &valetkey.Error{Op: op, Subject: user, Reason: reason(err.Error()), Err: err}
}

func reason(text string) valetkey.Reason {
	for _, answer := range []string{"WRONGPASS", "NOAUTH", "NOPERM", "IAM Authentication", "service is not available"} {
		if strings.Contains(text, answer) {
			return valetkey.Refused
		}
	}
	return valetkey.ConnectionLost
}

// forbidden reports whether the user may not send PING, which only a server that is there can say.
func forbidden(err error) bool { return strings.Contains(err.Error(), "NOPERM") }
