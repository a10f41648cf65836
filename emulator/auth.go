package emulator

import (
	"strings"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/verify"
)

// The texts for what AWS documents but stock engines do not have.
const (
	// newUnavailable answers any new connection while the service behind IAM is down or throttles. Documented for public endpoints.
	newUnavailable = "ERR service is not available"
	// againUnavailable and againThrottled answer AUTH on a connection that has authenticated. Documented for public endpoints,
	// reported for others.
	againUnavailable = "ERR IAM Authentication service is not available"
	againThrottled   = "ERR Exceeded limit of IAM Authentication requests"
	// inMulti is the emulator's own: that AUTH and HELLO are not supported inside MULTI is documented, the answer is not.
	inMulti = "ERR AUTH and HELLO are not supported inside MULTI"
)

// auth handles AUTH, always itself: an AUTH that reaches the backend would pass by every check.
func (c *conn) auth(cmd resp.Command) bool {
	state, alive := c.settle()
	if !alive {
		return false
	}
	if r := authForm(state, len(cmd.Args)); r != nil {
		return c.refuse(state, "", r)
	}
	user, password := "default", string(cmd.Args[len(cmd.Args)-1])
	if len(cmd.Args) == 3 {
		user = string(cmd.Args[1])
	}
	if r := c.authenticate(user, password); r != nil {
		return c.refuse(state, user, r)
	}
	return c.answer(resp.AppendSimple(nil, "OK"))
}

// authForm refuses AUTH with the wrong number of arguments or in the wrong place, in the order in which an engine does: it
// counts the least number of arguments before it looks at the state, and the most when it executes the command. Measured.
func authForm(state connState, argc int) *refusal {
	if argc < 2 {
		return &refusal{BadRequest, "AUTH without arguments", "ERR wrong number of arguments for 'auth' command"}
	}
	if r := misplaced(state, "auth"); r != nil {
		return r
	}
	if argc > 3 {
		return &refusal{BadRequest, "AUTH with too many arguments", "ERR syntax error"}
	}
	return nil
}

// misplaced refuses AUTH and HELLO where they are not allowed. The text for subscribe mode is the engine's, measured.
func misplaced(state connState, name string) *refusal {
	switch {
	case state.confined:
		return &refusal{BadRequest, "subscribed under RESP2", "ERR Can't execute '" + name +
			"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"}
	case state.multi:
		return &refusal{InTransaction, "", inMulti}
	}
	return nil
}

// authenticate makes the checks in their order and, if all are passed, gives the connection the user's identity, a
// connection to the backend, and a new session limit. A refusal changes nothing: who was authenticated stays so (measured,
// reported).
func (c *conn) authenticate(user, password string) *refusal {
	if r := c.fault(); r != nil {
		return r
	}
	u, r := c.srv.findUser(user)
	if r != nil {
		return r
	}
	claims, r := c.srv.checkSecret(u, password)
	if r != nil {
		return r
	}
	if err := c.open(); err != nil {
		return &refusal{BackendDown, err.Error(), newUnavailable}
	}
	c.admit(u, claims)
	return nil
}

// fault applies the faults that were injected: slowness, then failure.
func (c *conn) fault() *refusal {
	fault, delay := c.srv.faults.auth()
	if delay > 0 {
		wait := time.NewTimer(delay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-c.closed:
		}
	}
	again := c.link.Load() != nil
	switch {
	case fault == IAMUnavailable && again:
		return &refusal{Unavailable, "", againUnavailable}
	case fault == IAMThrottled && again:
		return &refusal{Throttled, "", againThrottled}
	case fault == IAMUnavailable:
		return &refusal{Unavailable, "", newUnavailable}
	case fault == IAMThrottled:
		return &refusal{Throttled, "", newUnavailable}
	}
	return nil
}

// findUser finds the user in the group. "default" is off unless it is configured, as it is where all users are IAM users.
func (s *Server) findUser(name string) (User, *refusal) {
	u, ok := s.users.get(name)
	switch {
	case !ok && name == "default":
		return u, wrongpass(UserOff, "the user default is off")
	case !ok:
		detail := "not in the user group"
		if _, ok := s.users.get(strings.ToLower(name)); ok {
			detail = "user ids are lower-case"
		}
		return u, wrongpass(UnknownUser, detail)
	case u.Off:
		return u, wrongpass(UserOff, "")
	}
	return u, nil
}

// checkSecret checks a password user's password or an IAM user's token.
func (s *Server) checkSecret(u User, secret string) (verify.Claims, *refusal) {
	if !u.iam() {
		if !u.accepts(secret) {
			return verify.Claims{}, wrongpass(WrongPassword, "")
		}
		return verify.Claims{}, nil
	}
	claims, err := s.verifier.Verify(secret, verify.Want{Target: s.config.target(u.Name)})
	if err != nil {
		return verify.Claims{}, refusedToken(err)
	}
	return claims, nil
}

// admit starts the session. The limit holds for IAM users alone; that a password user on the same connection stops the
// clock is assumed.
func (c *conn) admit(u User, claims verify.Claims) {
	limit := c.srv.config.SessionLimit
	if !u.iam() {
		limit = 0
	}
	kind := Authenticated
	if c.session.start(u.Name, limit, c.expire) {
		kind = Renewed
	}
	c.emit(Event{Kind: kind, User: u.Name, KeyID: claims.AccessKeyID, TokenExpires: claims.ExpiresAt})
	if _, still := c.srv.users.get(u.Name); !still { // removed while the token was being checked
		c.cut()
	}
}

// expire cuts the connection at the session limit, without a reply (documented that it is disconnected, assumed that nothing
// is said).
func (c *conn) expire(user string) {
	c.emit(Event{Kind: Expired, User: user})
	c.close()
}

// refuse logs the reason and answers with the text.
func (c *conn) refuse(state connState, user string, r *refusal) bool {
	if user == "" {
		user = c.session.name()
	}
	c.emit(Event{Kind: Refused, User: user, Reason: r.reason, Detail: r.detail})
	if state.multi {
		return c.refuseQueued(r.text)
	}
	return c.answerError(r.text)
}
