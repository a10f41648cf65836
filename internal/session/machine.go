package session

import (
	"math"

	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/topology"
)

// A Need says what must happen before the client's next request may go on to the server.
type Need uint8

const (
	// None: go on.
	None Need = iota
	// Turn: the stream stands between two requests, as the caller asked.
	Turn
	// Auth: the client has sent RESET, which dropped the authentication.
	Auth
	// RESP3: a RESP2 client is about to subscribe and is to be carried on RESP3.
	RESP3
	// RESP2: a translated subscriber has unsubscribed and is about to send an ordinary command.
	RESP2
	// Settled: what the next request means depends on replies that are still due.
	Settled
)

// A Machine follows one connection. It is not safe for concurrent use; its driver has a lock around every call.
// Make one with [New].
type Machine struct {
	// Login, if set, answers the client's own AUTH and HELLO … AUTH, which are then never sent on: it returns the error to refuse one
	// with, or "".
	Login func(user, password string) (refusal string)
	// Rename, if set, says where the client is to find the nodes of a cluster instead of where replies say.
	Rename topology.Rename

	user string

	req resp.RequestScanner
	rep resp.ReplyScanner
	owe owed

	// What requests decide.
	held    []byte // the head of a request that has to wait, or whose name is not known yet
	broken  error  // the client does not speak RESP
	begun   bool   // the current request has been let through as far as it has come
	swallow bool   // the current request is replaced by another
	inMulti bool   // MULTI has been sent and neither EXEC nor DISCARD behind it
	oneShot bool   // the next request belongs to the last one
	skip    bool   // the next request gets no reply
	silent  bool   // CLIENT REPLY OFF
	doubt   bool   // the number of replies due may be wrong
	echoed  bool   // the client itself has sent ECHO since: that it may not may be the answer to its own
	ending  bool   // QUIT
	opaque  bool   // no longer followed
	lists   bool   // the transaction being sent asks where nodes are

	// What replies decide.
	multi        bool
	monitoring   bool
	foreign      bool // the client has logged in as somebody else
	loggedIn     bool // the client has authenticated as our user itself
	above, below int8 // the protocols that the client speaks and that is on the wire, 2 or 3

	// What is taken out of the replies or translated.
	translate bool     // a RESP2 subscriber is to be carried on RESP3
	injected  bool     // a command of ours is outstanding
	dropping  bool     // the value being read is not for the client
	streaming bool     // the head of the value being read has been passed on
	ends      int32    // the client's EXECs, DISCARDs and RESETs that are outstanding: they may end the transaction
	begins    int32    // and its MULTIs, which may begin one
	hellos    int32    // the client's HELLOs that are outstanding: until their replies the protocol is not known
	head      []byte   // the head of the value being read, before it is passed on
	answer    string   // the nonce that is due
	answers   []string // what the replaced commands are answered, in order
	subs      int64    // subscriptions
	shards    int64    // and those to shards
	verdict   Verdict
	forms     int32                 // requests that ask where nodes are and are outstanding
	queued    int                   // commands that the server has queued
	listed    map[int]topology.Form // which of them ask where nodes are
	keeping   bool                  // the value being read names nodes: it is kept until it is whole
	unframed  bool                  // not even where values end can be told
	kept      []byte
	wire, out []byte // what the last Request and the last Reply returned, where it is not the caller's bytes
}

// A Verdict is the server's answer to a command of ours.
type Verdict struct {
	// Done is set when it has come.
	Done bool
	// OK is set when it is what was asked for.
	OK bool
	// Text is the error it was otherwise. What cannot be an answer to our command is an error of [Machine.Reply]'s.
	Text string
}

// New follows a connection that has just been authenticated as user, with nothing outstanding, in RESP2. With translate, a
// RESP2 client that subscribes is carried on RESP3.
func New(user string, translate bool) *Machine {
	m := &Machine{user: user, translate: translate, above: 2, below: 2}
	m.req.Limits.Args = math.MaxInt32 // servers since 7.0 take as many, and what they take we must pass on
	return m
}

// A Blocker is why a connection cannot be authenticated again just now. The empty one is no reason.
type Blocker string

// The blockers. Those from Transaction on can last for as long as the client likes.
const (
	Free        Blocker = ""            // none
	Busy        Blocker = "busy"        // replies are due; blocked commands are that too
	Half        Blocker = "half"        // a request is half sent
	Transaction Blocker = "transaction" // MULTI is open
	OneShot     Blocker = "one-shot"    // ASKING, CLIENT CACHING or CLIENT REPLY SKIP waits for its command
	Silent      Blocker = "silent"      // CLIENT REPLY OFF
	Monitoring  Blocker = "monitor"     // MONITOR
	Opaque      Blocker = "opaque"      // the stream can no longer be followed
	Foreign     Blocker = "foreign"     // the client has logged in as somebody else
	Ending      Blocker = "ending"      // QUIT
)

// Blocker tells why no command of ours may be sent now, the lasting reasons first.
func (m *Machine) Blocker() Blocker {
	settled, _ := m.owe.settled()
	switch {
	case m.opaque || m.broken != nil:
		return Opaque
	case m.foreign:
		return Foreign
	case m.ending:
		return Ending
	case m.monitoring:
		return Monitoring
	case m.silent:
		return Silent
	case !settled:
		return Busy
	case m.multi || m.inMulti:
		return Transaction
	case m.oneShot || m.skip:
		return OneShot
	case m.begun:
		return Half
	}
	return Free
}

// Settled reports whether the server owes nothing.
func (m *Machine) Settled() bool { s, _ := m.owe.settled(); return s || m.opaque }

// Holding reports whether bytes that [Machine.Request] has consumed have not been returned to be sent.
func (m *Machine) Holding() bool { return len(m.held) > 0 }

// Doubtful reports whether the quiet must be proved with [Machine.Echo] before anything else is sent.
func (m *Machine) Doubtful() bool { _, d := m.owe.settled(); return m.doubt || d }

// LoggedIn reports, once, that the client has authenticated the connection itself, as our user.
func (m *Machine) LoggedIn() bool {
	in := m.loggedIn
	m.loggedIn = false
	return in
}

// Echo appends the command that proves the quiet. Its [Verdict] is OK when nonce came back, and not when the user may not run ECHO.
func (m *Machine) Echo(dst []byte, nonce string) []byte {
	if m.echoed {
		return m.Nonsense(dst, nonce)
	}
	m.inject(injectedEcho)
	m.answer = nonce
	return resp.AppendCommand(dst, "ECHO", nonce)
}

// Nonsense is Echo for such a user. A command that does not exist needs no permission, and servers name it in
// their refusal.
func (m *Machine) Nonsense(dst []byte, nonce string) []byte {
	m.inject(injectedNonsense)
	m.answer = nonce
	return resp.AppendCommand(dst, "valetkey-"+nonce)
}

// Authenticate appends an AUTH with secret.
func (m *Machine) Authenticate(dst []byte, secret string) []byte {
	m.inject(injectedAuth)
	return resp.AppendCommand(dst, "AUTH", m.user, secret)
}

// Switch appends the HELLO that takes the wire to RESP2 or RESP3.
func (m *Machine) Switch(dst []byte, to Need) []byte {
	m.inject(injectedHello)
	if to == RESP3 {
		return resp.AppendCommand(dst, "HELLO", "3")
	}
	return resp.AppendCommand(dst, "HELLO", "2")
}

func (m *Machine) inject(k expectationKind) {
	m.verdict, m.injected = Verdict{}, true
	m.owe.add(expectation{kind: k, n: 1})
}

// User is whom the connection was authenticated as.
func (m *Machine) User() string { return m.user }

// Verdict is the server's answer to the last command of ours.
func (m *Machine) Verdict() Verdict { return m.verdict }

// Translating reports whether the client speaks RESP2 and the wire RESP3.
func (m *Machine) Translating() bool { return m.above != m.below }

// Abandon gives up following after a write of which it is not known how much arrived. A connection that is being translated
// cannot be left alone: the client may send nothing more on it.
func (m *Machine) Abandon(why error) {
	if m.Translating() || m.swallow {
		m.broken = why
	}
	m.opaque = m.broken == nil
}

// LeaveSubscribers gives up carrying RESP2 subscribers on RESP3, which the server does not speak.
func (m *Machine) LeaveSubscribers() { m.translate = false }
