package glide

import (
	"errors"
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
	for _, answer := range []string{"WRONGPASS", "NOAUTH", "no permissions", "IAM Authentication", "service is not available"} {
		if strings.Contains(text, answer) {
			return valetkey.Refused
		}
	}
	return valetkey.ConnectionLost
}

// ErrMixedUp is the [Stuck.Err] of a client whose Ping got the reply to some other command.
//
// Redis 7.2 to 8 and Valkey before 8.1.3 send no reply to a refused AUTH while replies to earlier commands are pending (valkey issue
// 2106, redis issue 15640). A GLIDE client sends AUTH between other commands, so when an immediate update is refused while the client is
// busy, every later command gets the reply to another one, for as long as the connection lasts; nothing but the types of
// the replies may show it. Seen with Valkey 8.0.1. Whether the engines on AWS do this is not known.
var ErrMixedUp = errors.New("glide: Ping got the reply to another command: close the client at once, do not trust what it has read since the last immediate update")

// mixedUp reports whether a Ping got the reply to another command: a text that is not PONG, or no text, which GLIDE
// calls an unexpected type.
func mixedUp(reply string, err error) bool {
	if err == nil {
		return reply != "PONG"
	}
	return strings.Contains(err.Error(), "unexpected return type")
}

// forbidden reports whether the user may not send PING, which only a server that is there can say. GLIDE leaves the code NOPERM out of
// the text it makes of that.
func forbidden(err error) bool { return strings.Contains(err.Error(), "no permissions") }
