package emulator_test

import (
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// TestAdvanceAgesWhatExists moves the clock of a server whose clients' clocks stand still.
func TestAdvanceAgesWhatExists(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		idle, renewing := login(t, s), login(t, s)
		old := token(t, s)
		start := time.Now()
		s.Advance(14 * time.Minute)
		dial(t, s).want("+OK", "AUTH", "app", old) // one minute left, less the second that Advance took
		s.Advance(time.Minute)
		dial(t, s).want("-WRONGPASS", "AUTH", "app", old)
		if got := lastRefusal(t, s).Reason; got != verify.Expired {
			t.Errorf("reason %q", got)
		}
		renewing.want("+OK", "AUTH", "app", token(t, s)) // what is signed now is new
		s.Advance(12*time.Hour - 16*time.Minute)
		idle.want("+PONG", "PING")
		s.Advance(time.Minute)
		idle.ended()
		renewing.want("+PONG", "PING")
		s.Advance(15 * time.Minute)
		renewing.ended()
		if got := time.Since(start); got > 6*time.Second {
			t.Errorf("took %s", got)
		}
		login(t, s)
		s.Advance(-time.Hour)
		s.Advance(0)
		if got := s.Stats().IamAuthenticationExpirations; got != 3 { // one of them connected with the old token
			t.Errorf("%d sessions have ended", got)
		}
	}, quiet)
}

// TestAdvanceEndsCredentials has an STS session die under a live token, by the server's clock.
func TestAdvanceEndsCredentials(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		s.PutKey(verify.Key{ID: "ASIATEMP", Secret: "s", SessionToken: "t", Expires: time.Now().Add(10 * time.Minute)})
		s.RevokeKey(emulator.ExampleAccessKeyID)
		w := login(t, s)
		live := sign(t, s.Target(), "ASIATEMP", "s", "t")
		s.Advance(9 * time.Minute)
		dial(t, s).want("+OK", "AUTH", "app", live)
		c, err := s.Credentials().Retrieve(t.Context())
		if left := time.Until(c.Expires); err != nil || left > time.Minute {
			t.Errorf("credentials have %s left, %v", left, err)
		}
		s.Advance(time.Minute)
		dial(t, s).want("-WRONGPASS", "AUTH", "app", live)
		if got := lastRefusal(t, s).Reason; got != verify.CredentialsExpired {
			t.Errorf("reason %q", got)
		}
		if _, err := s.Credentials().Retrieve(t.Context()); err == nil {
			t.Error("there are credentials that have expired")
		}
		s.PutKey(verify.Key{ID: "ASIANEXT", Secret: "s", SessionToken: "t", Expires: time.Now().Add(10 * time.Minute)})
		w.want("+OK", "AUTH", "app", token(t, s)) // new credentials are as old as they are
	}, quiet)
}

func TestAdvanceEndsWithTheServer(t *testing.T) {
	in(t, func(t *testing.T, s *emulator.Server) {
		done := make(chan struct{})
		go func() { s.Advance(time.Hour); close(done) }()
		s.Close()
		<-done
	})
}
