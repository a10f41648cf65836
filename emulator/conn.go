package emulator

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

// dialTimeout bounds the connection to the backend.
const dialTimeout = 10 * time.Second

// A conn is one client connection. Its own goroutine reads commands and answers or forwards them, one after another.
type conn struct {
	srv  *Server
	node *node
	id   uint64
	net  net.Conn
	in   *resp.CommandReader
	out  *replies

	session session
	link    atomic.Pointer[link] // set while authenticated
	granted [sha256.Size]byte    // the token of the last good AUTH by IAM
	queued  *grant               // of an AUTH that waits in a transaction
	batched int                  // how many commands were handled since the client was read from
	warned  bool                 // a NOAUTH has been logged
	refused map[string]bool      // restricted commands that have been logged

	// Of the embedded engine alone: what the client says it is, and that its next command is to be refused because the
	// client would cache the answer.
	library  library
	uncached bool
	closing  sync.Once
	closed   chan struct{}
}

func newConn(s *Server, n *node, id uint64, raw net.Conn) *conn {
	c := &conn{srv: s, node: n, id: id, net: raw, refused: map[string]bool{}, closed: make(chan struct{})}
	if s.tls != nil {
		c.net = tls.Server(raw, s.tls)
	}
	c.out = newReplies(c.net)
	c.in = resp.NewCommandReader(c, resp.BeforeAuth())
	return c
}

// Read reads from the client, after everything it sent so far is on its way: the client may be waiting for the replies.
func (c *conn) Read(p []byte) (int, error) {
	if l := c.link.Load(); l != nil {
		if err := l.w.Flush(); err != nil {
			return 0, err
		}
	}
	c.batched = 0
	return c.net.Read(p)
}

// serve handles the connection until it ends.
func (c *conn) serve() {
	c.emit(Event{Kind: Connected})
	defer c.end()
	if !c.handshake() {
		return
	}
	for {
		cmd, err := c.in.Next()
		if err != nil {
			c.readFailed(err)
			return
		}
		if len(cmd.Args) == 0 {
			c.blank()
		} else if !c.handle(cmd) {
			return
		}
	}
}

// blank is a request without arguments. It is not answered, but a server takes it for the command that CLIENT REPLY SKIP is about (measured).
func (c *conn) blank() {
	if l := c.link.Load(); l != nil {
		l.track.silent()
	}
}

func (c *conn) handshake() bool {
	t, ok := c.net.(*tls.Conn)
	if !ok {
		return true
	}
	err := t.HandshakeContext(c.srv.ctx)
	if err != nil && !errors.Is(err, io.EOF) && !c.isClosed() { // a port that was only looked at is no news
		c.emit(Event{Kind: Refused, Reason: HandshakeFailed, Detail: err.Error()})
	}
	return err == nil
}

// readFailed answers a client that broke the protocol, and lets what a client sent before it hung up be carried out.
func (c *conn) readFailed(err error) {
	var broken *resp.ProtocolError
	if errors.As(err, &broken) {
		c.settle()
		c.emit(Event{Kind: Refused, Reason: ProtocolViolated, Detail: broken.Text, User: c.session.name()})
		c.out.sendError("ERR " + broken.Text)
		return
	}
	l := c.link.Load()
	if err != io.EOF || l == nil {
		return
	}
	l.w.Flush()
	l.conn.CloseWrite()
	c.node.backend.hungUp(l.done)
}

// handle answers or forwards one command. It reports false when the connection is to end.
func (c *conn) handle(cmd resp.Command) bool {
	name := strings.ToUpper(string(cmd.Args[0]))
	c.batched++
	switch name {
	case "AUTH":
		return c.auth(cmd)
	case "HELLO":
		return c.hello(cmd)
	case "RESET":
		return c.reset(cmd)
	}
	l := c.link.Load()
	if l == nil {
		return c.unauthenticated(name)
	}
	if text := c.srv.restriction(cmd.Args); text != "" {
		return c.refuseRestricted(name, cmd.Args, text)
	}
	if text := c.replicaAnswer(name, cmd.Args); text != "" {
		return c.refuseWrite(text)
	}
	switch {
	case name == "QUIT":
		return c.quit(l, cmd)
	case name == "ACL" && len(cmd.Args) == 2 && strings.EqualFold(string(cmd.Args[1]), "WHOAMI"):
		return c.whoami(l, cmd)
	case name == "CLIENT" && len(cmd.Args) == 3 && strings.EqualFold(string(cmd.Args[1]), "REPLY"):
		return c.clientReply(l, cmd)
	case c.queued != nil && (name == "EXEC" || name == "DISCARD"):
		return c.execute(l, name, cmd)
	case name == "SYNC" || name == "PSYNC":
		return c.replicate(name)
	}
	if answered, alive := c.standIn(name, cmd); answered || !alive {
		return alive
	}
	c.srv.counters.commands.Add(1)
	return l.forward(name, cmd) == nil
}

// unauthenticated answers what is not allowed before authentication. A stock engine looks for unknown commands and a wrong
// number of arguments first; the emulator answers NOAUTH to those too.
func (c *conn) unauthenticated(name string) bool {
	if name == "QUIT" {
		c.out.sendSimple("OK")
		return false
	}
	if !c.warned { // a client that goes on like this fills no log
		c.warned = true
		c.emit(Event{Kind: Refused, Reason: NotAuthenticated, Detail: "got " + printableCommand(name)})
	}
	return c.out.sendError("NOAUTH Authentication required.") == nil
}

// printableCommand is a command's name as it may be logged; anything longer than a name could be a secret.
func printableCommand(name string) string {
	if len(name) > 20 || strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' }) {
		return "something that is no command"
	}
	return name
}

// quit lets the backend answer and end the connection.
func (c *conn) quit(l *link, cmd resp.Command) bool {
	if l.forward("QUIT", cmd) == nil && l.w.Flush() == nil {
		<-l.done
	}
	return false
}

// reset forgets the authentication with everything else (measured). The backend connection is reset and then replaced, which
// differs from a stock server in one thing: the client id changes.
func (c *conn) reset(cmd resp.Command) bool {
	state, alive := c.settle()
	switch {
	case !alive:
		return false
	case len(cmd.Args) != 1:
		return c.refuse(state, "", &refusal{BadRequest, "RESET with arguments", "ERR wrong number of arguments for 'reset' command"})
	}
	c.session.stop()
	c.warned, c.granted, c.queued = false, [sha256.Size]byte{}, nil
	c.in.SetLimits(resp.BeforeAuth())
	l := c.link.Load()
	if l == nil || !c.node.backend.resets() {
		c.leave(l)
		return c.out.sendSimple("RESET") == nil
	}
	if !l.reset(cmd) {
		return false
	}
	c.leave(l)
	return true
}

// leave has the client stay without its link, if it has one.
func (c *conn) leave(l *link) {
	if l != nil {
		l.drop(c.node.backend) // which a cut ends: it closes the link that it finds
		c.link.Store(nil)
	}
}

// whoami answers with the IAM user, of whom the backend knows nothing. Inside MULTI the backend's answer stands (known gap).
func (c *conn) whoami(l *link, cmd resp.Command) bool {
	state, alive := c.settle()
	switch {
	case !alive:
		return false
	case state.multi || state.confined:
		return l.forward("ACL", cmd) == nil
	}
	return c.answer(resp.AppendBulk(nil, c.session.name()))
}

// clientReply follows CLIENT REPLY, which decides whether commands are answered at all. Inside MULTI it makes a server's
// replies impossible to follow (measured), so it is refused there.
func (c *conn) clientReply(l *link, cmd resp.Command) bool {
	state, alive := c.settle()
	mode := strings.ToUpper(string(cmd.Args[2]))
	known := mode == "ON" || mode == "OFF" || mode == "SKIP"
	switch {
	case !alive:
		return false
	case state.multi:
		return c.refuseQueued("ERR CLIENT REPLY is not supported inside MULTI")
	case !known || state.confined || !c.node.backend.clientReply():
		return l.forward("CLIENT", cmd) == nil
	}
	l.track.reply(mode)
	switch mode {
	case "ON":
		return l.forward("CLIENT", cmd) == nil
	case "OFF":
		return l.write(cmd) == nil
	}
	return true // SKIP is passed on with the command that it is about
}

// replicate refuses what would turn the connection into something other than request and reply. That caches refuse it is
// documented, in which words is assumed.
func (c *conn) replicate(name string) bool {
	if _, alive := c.settle(); !alive {
		return false
	}
	return c.answerError("ERR unknown command '" + strings.ToLower(name) + "', with args beginning with: ")
}

// settle waits until all earlier commands have been answered, and reports what state they left the connection in.
func (c *conn) settle() (state connState, alive bool) {
	if l := c.link.Load(); l != nil {
		return l.settle()
	}
	return connState{}, true
}

// answer sends a reply of the emulator's own, unless the client wants none. Nothing may be owed by the backend.
func (c *conn) answer(p []byte) bool {
	if l := c.link.Load(); l != nil && l.track.silent() {
		return true
	}
	return c.out.send(p) == nil
}

func (c *conn) answerError(text string) bool { return c.answer(resp.AppendError(nil, text)) }

// refuseQueued refuses a command inside MULTI, as a server would while queueing: the transaction is spoilt, and EXEC answers
// EXECABORT. The backend is told by way of an AUTH without arguments, which it refuses in its own words.
func (c *conn) refuseQueued(text string) bool {
	l := c.link.Load()
	if l.instead(resp.AppendError(nil, text), "AUTH") != nil {
		return false
	}
	_, alive := l.settle()
	return alive
}

// open connects to the backend for a client that has just authenticated.
func (c *conn) open() error {
	if c.link.Load() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.srv.ctx, dialTimeout)
	defer cancel()
	bc, err := c.node.backend.dial(ctx)
	if err != nil {
		return err
	}
	l := newLink(bc, c.out)
	c.link.Store(l)
	if c.isClosed() { // close has missed the link
		bc.Close()
	}
	go func() {
		l.relay()
		if !l.dropped.Load() {
			c.close()
		}
	}()
	c.in.SetLimits(resp.Limits{})
	return nil
}

// close ends the connection from any goroutine.
func (c *conn) close() {
	c.closing.Do(func() {
		close(c.closed)
		c.net.Close()
		if l := c.link.Load(); l != nil {
			l.conn.Close()
		}
	})
}

func (c *conn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// end cleans up when the connection's goroutine is through.
func (c *conn) end() {
	c.close()
	if l := c.link.Load(); l != nil {
		<-l.done
	}
	user := c.session.stop()
	c.emit(Event{Kind: Closed, User: user})
}

func (c *conn) emit(e Event) {
	e.Conn, e.Remote = c.id, c.net.RemoteAddr().String()
	c.srv.emit(e)
}
