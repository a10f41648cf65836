package valetkeyprom

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// A scene is an observed dialer and the cache it dials, in a bubble in which hours pass at once.
type scene struct {
	t        *testing.T
	cache    *emulator.Server
	dialer   *valetkey.Dialer
	registry *prometheus.Registry
}

func play(t *testing.T, act func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cache := emulator.New(t, emulator.InMemory)
		s := &scene{t: t, cache: cache, registry: prometheus.NewPedanticRegistry(), dialer: &valetkey.Dialer{
			Source: cache.Source(), TLSConfig: cache.ClientTLS(), DialFunc: cache.Dial,
		}}
		s.registry.MustRegister(Observe(s.dialer, "orders"))
		act(s)
		s.dialer.Close()
		time.Sleep(s.dialer.AuthTimeout) // by then nothing waits for a token any more
	})
}
