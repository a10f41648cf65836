package proxy

import (
	"crypto/tls"
	"errors"
	"strings"

	"github.com/valetkey/valetkey"
)

// A Reason is why a client's connection ended.
type Reason string

// The reasons, in the order of a connection's life.
const (
	Forbidden         Reason = "forbidden"          // the client's user and group may not connect
	NoLogin           Reason = "no-login"           // the client did not log in, or not in time
	Unreachable       Reason = "unreachable"        // no upstream connection could be made
	Refused           Reason = "refused"            // the cache refused the token
	NoCredentials     Reason = "no-credentials"     // there was nothing to sign a token with
	Malformed         Reason = "malformed"          // the client sent what is not RESP
	UpstreamMalformed Reason = "upstream-malformed" // the cache sent what is not RESP
	UpstreamLost      Reason = "upstream-lost"      // the upstream connection ended; QUIT does that too
	Left              Reason = "left"               // the client closed it
	Drained           Reason = "drained"            // closed by Shutdown, with nothing under way
	Severed           Reason = "severed"            // broken off by Close, or at the end of Shutdown's time
)

// Reasons lists them all.
func Reasons() []Reason {
	return []Reason{Forbidden, NoLogin, Unreachable, Refused, NoCredentials, Malformed, UpstreamMalformed, UpstreamLost, Left, Drained, Severed}
}

// unreachable is the end of a client for which no upstream connection could be made.
func (c *client) unreachable(err error) *ending {
	e := &ending{reason: Unreachable, err: err, text: "ERR valetkey: " + line(err)}
	switch {
	case c.srv.ctx.Err() != nil: // that is why
		return &ending{reason: Severed, err: err}
	case c.node != nil && isAway(err): // as the node itself: clients then look where it has gone
		e.text = ""
	case errors.Is(err, valetkey.Refused):
		e.reason = Refused
	case errors.Is(err, valetkey.CredentialsUnavailable):
		e.reason = NoCredentials
	}
	return e
}

// isAway reports whether an error to connect means that nobody is there. The wrong one is somebody.
func isAway(err error) bool {
	_, wrong := errors.AsType[*tls.CertificateVerificationError](err)
	return errors.Is(err, valetkey.ConnectionLost) && !wrong
}

// line makes an error fit into an error reply.
func line(err error) string {
	const most = 500
	text := strings.Join(strings.Fields(err.Error()), " ")
	return text[:min(len(text), most)]
}
