package valetkey

// AnswerLogins has the AUTH and HELLO … AUTH of the connection's client answered by check instead of being sent to the server: a
// relay's clients know nothing of tokens, and many insist on some password. check returns what to refuse a login with
// ("WRONGPASS …"), or "" to accept it; AUTH with a password alone is for the user "default". Of a HELLO, only the AUTH is taken out.
//
// check is called with the connection's lock held: it must be quick and not use the connection. Call AnswerLogins before the
// first Write.
func (c *Conn) AnswerLogins(check func(user, password string) (refusal string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.machine.Login = check
}

// Blocker says why the connection could not be authenticated again just now, in the words of [Event]'s Reason; "" if it could.
// Then, or where it is "monitor", it can be closed without losing anything but news: no request is half sent, no reply due and
// no transaction open.
func (c *Conn) Blocker() string { return string(c.blocker()) }

// Cause says why the connection has ended, if it has and not by its client's Close: what the server or the network did, or
// why it was not left to the server. Read and Write give only what a client of the server would see.
func (c *Conn) Cause() error {
	if !c.closed.given() {
		return nil
	}
	return c.end
}
