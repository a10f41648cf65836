package valetkeyotel

import (
	"testing"
	"testing/synctest"
	"time"

	api "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// A scene is an observed dialer and the cache it dials, in a bubble in which hours pass at once.
type scene struct {
	t            *testing.T
	cache        *emulator.Server
	dialer       *valetkey.Dialer
	reader       *metric.ManualReader
	registration api.Registration
}

func play(t *testing.T, act func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cache := emulator.New(t, emulator.InMemory)
		s := &scene{t: t, cache: cache, reader: metric.NewManualReader(), dialer: &valetkey.Dialer{
			Source: cache.Source(), TLSConfig: cache.ClientTLS(), DialFunc: cache.Dial,
		}}
		var err error
		s.registration, err = Observe(s.dialer, "orders", metric.NewMeterProvider(metric.WithReader(s.reader)))
		if err != nil {
			t.Fatal(err)
		}
		act(s)
		s.dialer.Close()
		time.Sleep(s.dialer.AuthTimeout) // by then nothing waits for a token any more
	})
}
