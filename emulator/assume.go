package emulator

import (
	"fmt"
	"slices"
)

// Assumptions are the server's answers to what AWS's documentation leaves open. Each is a switch, because nobody who has no
// cache on AWS can settle it: a client that works under every setting does not depend on the answer. The zero value is what
// the server does by default, which is the strict choice wherever there is one.
type Assumptions struct {
	// AuthInMulti is the answer to AUTH inside MULTI. That it is not supported is documented, its answer is not.
	AuthInMulti AuthInMulti `json:"auth_in_multi,omitempty"`
	// SameToken is the answer to AUTH with the token that the connection was authenticated with last. AWS documents that
	// "a new token" prolongs a session, and says nothing of an old one that is still good.
	SameToken SameToken `json:"same_token,omitempty"`
	// CutReply is what a client hears when its session ends. "Automatically disconnected" is documented; reports show
	// a closed socket and no reply.
	CutReply CutReply `json:"cut_reply,omitempty"`
	// DropAuthErrors plays an engine that forgets to answer a refused AUTH or HELLO AUTH while replies to earlier commands of
	// the same batch are pending, so that every later reply answers the wrong request. Measured on valkey-server 8.0.1, mended
	// in 8.1.3 (valkey-io/valkey#2287), open in Redis 7.2 to 8 (redis/redis#15640). Whether AWS's engines do it is unknown.
	DropAuthErrors bool `json:"drop_auth_errors,omitempty"`
}

// AuthInMulti says what becomes of AUTH inside MULTI.
type AuthInMulti string

const (
	// RefuseInMulti, the default, refuses it at once in words of the emulator's own; EXEC answers EXECABORT.
	RefuseInMulti AuthInMulti = "refuse"
	// QueueInMulti answers QUEUED and authenticates at EXEC, as stock engines do (measured). The token is checked when it
	// is queued. HELLO is refused all the same.
	QueueInMulti AuthInMulti = "queue"
)

// SameToken says what becomes of AUTH with the token that the connection has authenticated with already.
type SameToken string

const (
	// ExtendWithSameToken, the default, makes no difference. Two tokens of one second are the same token, so the server could
	// not tell a client that signs anew from one that does not.
	ExtendWithSameToken SameToken = "extend"
	// IgnoreSameToken answers OK, and the session ends when it would have ended.
	IgnoreSameToken SameToken = "ignore"
	// RefuseSameToken answers WRONGPASS.
	RefuseSameToken SameToken = "refuse"
)

// CutReply says what a client hears at the end of its session.
type CutReply string

const (
	// NoCutReply, the default, closes the connection and says nothing.
	NoCutReply CutReply = "none"
	// ErrorAtCut sends an error in words of the emulator's own, unless that would land in the middle of a reply, and closes.
	ErrorAtCut CutReply = "error"
)

// validate refuses a misspelt switch, which would otherwise quietly be the default.
func (a Assumptions) validate() error {
	for _, s := range []struct {
		name, got string
		known     []string
	}{
		{"AUTH in MULTI", string(a.AuthInMulti), []string{string(RefuseInMulti), string(QueueInMulti)}},
		{"same token", string(a.SameToken), []string{string(ExtendWithSameToken), string(IgnoreSameToken), string(RefuseSameToken)}},
		{"reply at the cut", string(a.CutReply), []string{string(NoCutReply), string(ErrorAtCut)}},
	} {
		if s.got != "" && !slices.Contains(s.known, s.got) {
			return fmt.Errorf("emulator: %s: %q is none of %q", s.name, s.got, s.known)
		}
	}
	return nil
}
