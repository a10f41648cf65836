package session

// substitute is sent in place of a command that RESP2 refuses in the subscribed state, at its end: the reply, which comes in the
// refused command's place in the order, becomes the refusal.
const substitute = "*1\r\n$4\r\nPING\r\n"

// Request takes bytes of the client's. It consumes n bytes of p and returns those to send to the server, which may be
// fewer, more or others and are valid until the next call. It stops with a [Need] where one stands before the next
// request, and with [Turn] between two requests if turn is set, unless they belong together.
//
// The driver sends out, then sees to the need, then calls again with the rest of p, even if that is empty, until need is
// [None] and out is empty.
//
// An error, always a *resp.ProtocolError, means that the next bytes are not RESP: nothing more may be sent.
func (m *Machine) Request(p []byte, turn bool) (n int, out []byte, need Need, err error) {
	switch {
	case m.broken != nil:
		return 0, nil, None, m.broken
	case len(m.held) > 0:
		return m.requestHeld(p, turn && m.apart())
	case m.ending: // the server drops whatever comes behind QUIT
		return len(p), nil, None, nil
	case m.opaque && !m.attends():
		return len(p), p, None, nil
	case m.swallow:
		return m.discard(p)
	}
	for n < len(p) {
		if turn && m.apart() {
			return n, p[:n], Turn, nil
		}
		if k := m.passRequest(p[n:]); k > 0 {
			n += k
			continue
		}
		k, need, err := m.advance(p[n:])
		switch {
		case err != nil:
			return m.refuse(p[:n], err)
		case len(m.held) > 0 && n == 0 && (m.swallow || m.asks()):
			return m.replace(p, k)
		case len(m.held) > 0: // k bytes are held back, those before them go
			return n + k, p[:n], need, nil
		}
		if n += k; need != None || m.ending || m.broken != nil || m.opaque && !m.attends() {
			return n, p[:n], need, nil
		}
	}
	if turn && m.apart() {
		need = Turn
	}
	return n, p, need, nil
}

// apart reports whether the stream stands between two requests that do not belong together, so that waiting for the replies
// makes a quiet moment.
func (m *Machine) apart() bool {
	return !(m.begun || m.inMulti || m.oneShot || m.skip || m.silent || m.monitoring || m.foreign || m.ending || m.opaque)
}

// refuse lets the good requests before a malformed one go first.
func (m *Machine) refuse(good []byte, err error) (int, []byte, Need, error) {
	m.broken = err
	if len(good) == 0 {
		return 0, nil, None, err
	}
	return len(good), good, None, nil
}

// advance takes p up to the end of the current request, or holds the request's head back.
func (m *Machine) advance(p []byte) (n int, need Need, err error) {
	done := false
	if !m.begun && (m.carries() || m.attends()) {
		n, done, err = m.req.ScanName(p)
		if err == nil {
			err = m.unlistable()
		}
		if err != nil {
			return n, None, err
		}
		if need = m.before(); need != None || m.swallow || m.asks() || !m.req.Named() {
			m.held = append(m.held, p[:n]...)
			return n, need, nil
		}
	}
	m.begun = true
	if !done {
		var k int
		k, done, err = m.req.Scan(p[n:])
		n += k
	}
	if done {
		need = m.finish()
	}
	return n, need, err
}

// requestHeld goes on with a request whose head was held back.
func (m *Machine) requestHeld(p []byte, turn bool) (n int, out []byte, need Need, err error) {
	if turn {
		return 0, nil, Turn, nil
	}
	if !m.req.Named() {
		if n, _, err = m.req.ScanName(p); err != nil {
			m.broken = err
			return n, nil, None, err
		}
		m.held = append(m.held, p[:n]...)
		if !m.req.Named() {
			return n, nil, None, nil
		}
	}
	if err = m.unlistable(); err != nil {
		return n, nil, None, err
	}
	if need = m.before(); need != None {
		return n, nil, need, nil
	}
	if m.asks() {
		k, out, need, err := m.gather(p[n:])
		return n + k, out, need, err
	}
	m.wire = append(m.wire[:0], m.held...)
	if m.swallow {
		m.wire = m.wire[:0]
	}
	m.held, m.begun = m.held[:0], true
	if m.req.AtBoundary() {
		need = m.finish()
	}
	return n, m.wire, need, nil
}

// replace goes straight on with a request that was held back only to be replaced.
func (m *Machine) replace(p []byte, k int) (n int, out []byte, need Need, err error) {
	n, out, need, err = m.requestHeld(p[k:], false)
	return k + n, out, need, err
}

// discard takes the rest of a request that has been replaced.
func (m *Machine) discard(p []byte) (n int, out []byte, need Need, err error) {
	n, done, err := m.req.Scan(p)
	if m.broken = err; !done {
		return n, nil, None, err
	}
	m.wire = m.wire[:0]
	return n, m.wire, m.finish(), nil
}

// carries reports whether requests must be looked at before they are sent, because a subscription may have to be carried
// on RESP3, or has to wait for another's confirmations.
func (m *Machine) carries() bool {
	return m.translate && (m.above == 2 || m.hellos > 0) || m.owe.vague > 0
}

// before decides whether the request whose name is now known may go: it may have to wait, or to be replaced.
func (m *Machine) before() Need {
	switch {
	case !m.req.Named() || m.opaque:
		return None
	case m.lost():
		return m.settling()
	case !m.carries():
		return None
	}
	c := classifyName(&m.req)
	if m.Translating() {
		return m.beforeTranslated(c)
	}
	return m.beforeSubscribing(c)
}

// beforeTranslated keeps a translated subscriber to what RESP2 allows, and takes the wire back to RESP2 once it has
// unsubscribed.
func (m *Machine) beforeTranslated(c command) Need {
	m.swallow = false
	k, subscribes := c.subscribes()
	switch {
	case subscribes && m.owe.open(k): // the pushes of the two could not be told apart
		return m.settling()
	case subscribes || c == cmdPing || c == cmdQuit || c == cmdReset || m.req.Argc() == 0:
		return None
	case m.settling() != None:
		return Settled
	case m.subscribed():
		m.swallow = true
		return None
	}
	return RESP2
}

// settling is the need to know what has become of the requests so far, if there is one that can be met.
func (m *Machine) settling() Need {
	if b := m.Blocker(); b == Busy || b == Free && m.Doubtful() {
		return Settled
	}
	return None
}

// beforeSubscribing has a RESP2 client that is about to subscribe carried on RESP3, where the connection allows it. Inside
// MULTI and the like it does not: then the subscriber is left alone, and never renewed.
func (m *Machine) beforeSubscribing(c command) Need {
	k, ok := c.subscribes()
	switch {
	case !ok:
		return None
	case m.owe.open(k) && !m.inside(): // the pushes of the two could not be told apart
		return m.settling()
	case !m.translate || m.above == 3 && m.hellos == 0:
		return None
	}
	switch m.Blocker() {
	case Free:
		return RESP3
	case Busy:
		return Settled
	}
	return None
}

// finish accounts for a request that is over.
func (m *Machine) finish() Need {
	m.begun = false
	if m.swallow {
		return m.substitute()
	}
	c := classify(&m.req)
	if c == unanswered {
		m.doubt, m.skip = m.doubt || m.skip, false // it takes the place of the skipped command
		return None
	}
	if m.opaque {
		return m.unfollowed(c)
	}
	switch silent := m.note(c); {
	case !silent:
		m.owe.add(m.expect(c))
	case c.told() || c >= cmdSubscribe:
		m.opaque = true // only its reply would tell what it did, and pushes come all the same
	}
	if m.Rename != nil {
		m.noteListing(c)
	}
	if c == cmdReset {
		return Auth
	}
	return None
}

// unfollowed is the need behind a request whose reply is not waited for. RESET's cannot be met.
func (m *Machine) unfollowed(c command) Need {
	if c == cmdReset {
		return Auth
	}
	return None
}

// substitute ends a request that RESP2 refuses in the subscribed state.
func (m *Machine) substitute() Need {
	m.swallow = false
	m.wire = append(m.wire, substitute...)
	m.answers = append(m.answers, string(m.refusal(nil)))
	m.owe.add(expectation{kind: substituted, n: 1})
	return None
}

// inside reports whether the next request will be queued. An EXEC that has been sent ends the transaction even if its reply is due.
func (m *Machine) inside() bool { return m.inMulti || m.multi && m.ends == 0 }

// note keeps the state that requests decide and reports whether this one gets no reply.
func (m *Machine) note(c command) (silent bool) {
	silent = m.silent || m.skip
	m.oneShot, m.skip = c == cmdOneShot, false
	switch c {
	case cmdEcho:
		m.echoed = m.echoed || m.doubt
	case cmdReplySkip, cmdReplyOff:
		// Inside MULTI these make EXEC's own reply malformed.
		m.opaque = m.opaque || m.inside()
		m.skip = c == cmdReplySkip && !m.silent
		m.silent = m.silent || c == cmdReplyOff
		m.doubt = true // a user who may not run it gets an error instead
		return true
	case cmdReplyOn:
		m.silent, silent = false, false
	case cmdReset: // it ends CLIENT REPLY OFF, but its own reply is skipped like any other
		silent = silent && !m.silent
		m.silent, m.inMulti = false, false
		m.ends++
	case cmdMulti: // with an argument it is refused
		m.inMulti = m.inMulti || m.req.Argc() == 1
		m.begins++
	case cmdExec:
		m.inMulti = false
		m.ends++
	case cmdDiscard: // with an argument it is refused, and the transaction goes on
		m.inMulti = m.inMulti && m.req.Argc() > 1
		m.ends++
	case cmdQuit:
		m.ending = true
	case cmdHello, cmdAuth, cmdMonitor: // run at EXEC, where they change how the rest of its reply reads
		m.opaque = m.opaque || m.inside()
	case cmdOpaque:
		m.opaque = true
	}
	return silent
}

// expect is what the server owes for the request just ended.
func (m *Machine) expect(c command) expectation {
	if k, ok := c.subscribes(); ok {
		return m.expectPushes(k)
	}
	e := expectation{n: 1}
	switch c {
	case cmdMulti:
		e.kind = multi
	case cmdExec:
		e.kind = exec
	case cmdDiscard:
		e.kind = discard
	case cmdReset:
		e.kind = reset
	case cmdMonitor:
		e.kind = monitor
	case cmdPing:
		e.kind = m.expectPing()
	case cmdHello, cmdAuth:
		e.kind = m.expectLogin(c)
	case cmdListing:
		e = m.expectListing()
	}
	return e
}

// expectPing singles out the pings whose reply looks different in RESP2.
func (m *Machine) expectPing() expectationKind {
	if m.Translating() && m.req.Argc() <= 2 {
		return ping
	}
	return plain
}

// expectPushes is what is owed for the (un)subscribe commands: a push for each channel and no reply, or one error.
func (m *Machine) expectPushes(k expectationKind) expectation {
	n := m.req.Argc() - 1
	if n == 0 {
		n = unknown
	}
	// In RESP2 these are answered with arrays, which cannot be told from replies. Inside MULTI each channel becomes an
	// element of EXEC's reply, whose header counts commands.
	m.opaque = m.opaque || n != 1 && m.inside() || m.below == 2 || m.hellos > 0 || m.owe.open(k) && !m.inside()
	// A slot that moves away unsubscribes its channels by itself, with the same push.
	m.doubt = m.doubt || k == sunsubscribe
	return expectation{kind: k, n: int32(n)}
}

func (m *Machine) expectLogin(c command) expectationKind {
	own, given := login(&m.req, c, m.user)
	switch {
	case c == cmdAuth && own:
		return authOwn
	case c == cmdAuth:
		return authOther
	}
	m.hellos++
	switch {
	case !given || m.Login != nil:
		return hello
	case own:
		return helloOwn
	}
	return helloOther
}
