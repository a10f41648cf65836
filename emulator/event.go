package emulator

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// A Kind says what an [Event] is about.
type Kind string

// The kinds of events.
const (
	Connected     Kind = "connected"     // a client connection was accepted
	Authenticated Kind = "authenticated" // the first good AUTH or HELLO AUTH of a connection, or the first after RESET
	Renewed       Kind = "renewed"       // a further one: the session limit starts again
	Refused       Kind = "refused"       // the client was refused something; Reason says why
	Expired       Kind = "expired"       // the session limit cut the connection
	Cut           Kind = "cut"           // the connection was cut on request, or its user was removed
	Closed        Kind = "closed"        // the connection ended, for whatever reason
)

// An Event is something that happened to one client connection. It holds no secret, and can be kept.
type Event struct {
	Time   time.Time
	Kind   Kind
	Conn   uint64 // the connection's number, from 1
	Remote string // the client's address
	User   string // the user of the connection, or the user it wanted to be
	Reason Reason // of a refusal
	Check  int    // of a refusal: the check that failed, 1 to 18; 0 if none of them
	Detail string // of a refusal: what was found and what was expected
	Hint   string // of a refusal: what to do next
	// KeyID is the access key that signed the token, and TokenExpires its end, of an authentication with IAM.
	KeyID        string
	TokenExpires time.Time
}

// String is the event on one line.
func (e Event) String() string {
	s := fmt.Sprintf("%s conn=%d user=%q", e.Kind, e.Conn, e.User)
	if e.Kind == Refused {
		s += fmt.Sprintf(" check=%d reason=%q detail=%q hint=%q", e.Check, e.Reason, e.Detail, e.Hint)
	}
	return s
}

// LogValue is the event as a group.
func (e Event) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

func (e Event) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.Uint64("conn", e.Conn), slog.String("remote", e.Remote)}
	if e.User != "" {
		attrs = append(attrs, slog.String("user", e.User))
	}
	if e.Kind == Refused {
		attrs = append(attrs, slog.String("reason", string(e.Reason)), slog.String("detail", e.Detail),
			slog.Int("check", e.Check), slog.String("hint", e.Hint))
	}
	return attrs
}

func (e Event) level() slog.Level {
	switch e.Kind {
	case Refused:
		return slog.LevelWarn
	case Connected, Closed:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// maxRefusals bounds the list that Refusals returns; a server in a long run keeps the latest.
const maxRefusals = 10_000

// emit completes the event, counts it, logs it, keeps it if it is a refusal, and hands it to the hook.
func (s *Server) emit(e Event) {
	e.Time = time.Now()
	if e.Kind == Refused {
		e.User = s.users.printable(e.User)
		e.Check, e.Hint = check(e.Reason), hintFor(e.Reason)
	}
	s.counters.count(e)
	s.logger().LogAttrs(context.Background(), e.level(), string(e.Kind), e.attrs()...)
	if e.Kind == Refused {
		s.keep(e)
	}
	if s.OnEvent != nil {
		s.OnEvent(e)
	}
}

func (s *Server) keep(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refusals) >= maxRefusals {
		s.refusals = append(s.refusals[:0], s.refusals[maxRefusals/2:]...)
	}
	s.refusals = append(s.refusals, e)
}

// Refusals returns what clients were refused so far, oldest first, the latest 5,000 at least. The slice is the caller's own.
func (s *Server) Refusals() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Event(nil), s.refusals...)
}
