package emulator

import (
	"crypto/sha256"
	"net"
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
	// atCut is the emulator's own, for [ErrorAtCut].
	atCut = "ERR the session has ended; authenticate with a fresh token within the session limit to prolong it"
)

// auth handles AUTH, always itself: an AUTH that reaches the backend would pass by every check.
func (c *conn) auth(cmd resp.Command) bool {
	state, alive := c.settle()
	if !alive {
		return false
	}
	queueing := state.multi && c.srv.config.Assumptions.AuthInMulti == QueueInMulti
	if r := authForm(state, len(cmd.Args), queueing); r != nil && queueing && len(cmd.Args) > 3 {
		return c.queueRefusal("", r)
	} else if r != nil {
		return c.refuse(state, "", r)
	}
	user, password := "default", string(cmd.Args[len(cmd.Args)-1])
	if len(cmd.Args) == 3 {
		user = string(cmd.Args[1])
	}
	if !c.takeTime() {
		return false
	}
	if queueing {
		return c.queueAuth(user, password)
	}
	if r := c.authenticate(user, password); r != nil {
		return c.refuse(state, user, r)
	}
	return c.answer(resp.AppendSimple(nil, "OK"))
}

// authForm refuses AUTH with the wrong number of arguments or in the wrong place, in the order in which an engine does: it
// counts the least number of arguments before it looks at the state, and the most when it executes the command. Measured.
func authForm(state connState, argc int, queueing bool) *refusal {
	if argc < 2 {
		return &refusal{BadRequest, "AUTH without arguments", "ERR wrong number of arguments for 'auth' command"}
	}
	if r := misplaced(state, "auth"); r != nil && !queueing {
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
	g, r := c.check(user, password)
	if r != nil {
		return r
	}
	if err := c.open(); err != nil {
		return &refusal{BackendDown, err.Error(), newUnavailable}
	}
	c.admit(g)
	return nil
}

// A grant is what a good AUTH gives.
type grant struct {
	user   User
	claims verify.Claims
	token  [sha256.Size]byte // of an IAM user: which one it was
	again  bool              // it was the connection's last one, too
}

// check makes the checks from the fifth on.
func (c *conn) check(user, password string) (g grant, r *refusal) {
	if r = c.fault(); r != nil {
		return g, r
	}
	if g.user, r = c.srv.findUser(user); r != nil {
		return g, r
	}
	if !g.user.iam() {
		return g, g.user.checkPassword(password)
	}
	if g.claims, r = c.srv.checkToken(g.user, password, c.net.RemoteAddr()); r != nil {
		return g, r
	}
	g.token = sha256.Sum256([]byte(password))
	g.again = g.token == c.granted
	if g.again && c.srv.config.Assumptions.SameToken == RefuseSameToken {
		return g, wrongpass(TokenUsedBefore, "")
	}
	return g, nil
}

// takeTime applies the slowness that was injected. It reports false if the connection has been closed meanwhile: what waited is not answered.
func (c *conn) takeTime() bool {
	delay := c.srv.faults.authDelay()
	if delay <= 0 {
		return true
	}
	wait := time.NewTimer(delay)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-c.closed:
	}
	return !c.isClosed()
}

// fault applies the failure that was injected.
func (c *conn) fault() *refusal {
	fault := c.srv.faults.auth()
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

func (u User) checkPassword(password string) *refusal {
	if !u.accepts(password) {
		return wrongpass(WrongPassword, "")
	}
	return nil
}

// checkToken verifies an IAM user's token and asks the policies of whoever signed it.
func (s *Server) checkToken(u User, token string, remote net.Addr) (verify.Claims, *refusal) {
	claims, err := s.verify(token, verify.Want{Target: s.config.target(u.Name)})
	if err != nil {
		return claims, refusedToken(err)
	}
	return claims, s.authorize(u, claims.AccessKeyID, remote)
}

// admit starts the session. The limit holds for IAM users alone; that a password user on the same connection stops the
// clock is assumed.
func (c *conn) admit(g grant) {
	u, claims := g.user, g.claims
	kind := Renewed
	if !g.again || c.srv.config.Assumptions.SameToken != IgnoreSameToken {
		kind = c.begin(u)
	}
	c.granted = g.token
	c.emit(Event{Kind: kind, User: u.Name, KeyID: claims.AccessKeyID, TokenExpires: claims.ExpiresAt})
	if _, still := c.srv.users.get(u.Name); !still { // removed while the token was being checked
		c.cut()
	}
}

// begin starts or prolongs the session.
func (c *conn) begin(u User) Kind {
	limit := c.srv.config.SessionLimit
	if !u.iam() {
		limit = 0
	}
	if c.session.start(u.Name, limit, c.expire) {
		return Renewed
	}
	return Authenticated
}

// expire cuts the connection at the session limit. That it is disconnected is documented, what it is told is a switch.
func (c *conn) expire(user string) {
	c.emit(Event{Kind: Expired, User: user})
	if c.srv.config.Assumptions.CutReply == ErrorAtCut {
		c.net.SetWriteDeadline(time.Now().Add(time.Second)) // a client that does not read is cut all the same
		c.out.trySendError(atCut)
	}
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
	if c.srv.config.Assumptions.DropAuthErrors && r.text == wrongPass && c.batched > 1 {
		return true // what an engine does that has this bug: nothing
	}
	return c.answerError(r.text)
}
