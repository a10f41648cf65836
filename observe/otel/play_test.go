package valetkeyotel

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

const address = "cache.example.test:6379"

func play(t *testing.T, act func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cache := emulator.New(t, emulator.InMemory)
		s := &scene{t: t, cache: cache, dialer: &valetkey.Dialer{
			Source: cache.Source(), TLSConfig: cache.ClientTLS(), DialFunc: cache.Dial,
		}}
		s.observe()
		act(s)
		s.dialer.Close()
		time.Sleep(s.dialer.AuthTimeout) // by then nothing waits for a token any more
	})
}

func (s *scene) dial() net.Conn {
	s.t.Helper()
	c, err := s.dialer.DialContext(s.t.Context(), "tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *scene) dialInVain() {
	s.t.Helper()
	if c, err := s.dialer.DialContext(s.t.Context(), "tcp", address); err == nil {
		c.Close()
		s.t.Error("a connection where there should be none")
	}
}

// renewInVain tries to renew every connection, for a second.
func (s *scene) renewInVain() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
	defer cancel()
	if err := s.dialer.Renew(ctx); err == nil {
		s.t.Error("renewed where that should fail")
	}
}

// occupy sends a command and reads on, as a client does that waits for the reply.
func (s *scene) occupy(command string) {
	s.t.Helper()
	c := s.dial()
	if _, err := io.WriteString(c, command); err != nil {
		s.t.Fatal(err)
	}
	go io.Copy(io.Discard, c)
}

// trouble goes through everything that can happen to a dialer but a cut, and leaves two connections.
func (s *scene) trouble() {
	s.dial()
	time.Sleep(3 * time.Hour)

	s.cache.SetFault(emulator.IAMThrottled)
	s.dialInVain()
	s.renewInVain()
	s.cache.SetFault(emulator.NoFault)
	time.Sleep(time.Minute) // and it is tried again

	s.cache.RefuseConnections(true)
	s.dialInVain()
	s.cache.RefuseConnections(false)

	s.cache.RevokeKey(emulator.ExampleAccessKeyID)
	s.dialInVain()
	s.cache.PutKey(verify.Key{ID: emulator.ExampleAccessKeyID, Secret: emulator.ExampleSecretAccessKey})

	s.occupy("BLPOP queue 0\r\n")
	s.occupy("MULTI\r\n")
	time.Sleep(12*time.Hour + 10*time.Minute) // two renewals, whatever the luck of their spreading
	s.dial()
	if err := s.dialer.Renew(s.t.Context()); err != nil {
		s.t.Error(err)
	}
	time.Sleep(90 * time.Second)
}

// cut has a dialer believe in a longer session than the server's, whose renewals are refused, which is how a connection comes to be cut.
func (s *scene) cut() {
	s.dialer.SessionLimit = 12*time.Hour + 20*time.Minute
	s.occupy("PING\r\n")
	s.cache.SetFault(emulator.IAMThrottled)
	time.Sleep(12*time.Hour + time.Second)
}
