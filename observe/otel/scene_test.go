package valetkeyotel

import (
	"testing"

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

func (s *scene) observe() {
	s.t.Helper()
	s.reader = metric.NewManualReader()
	registration, err := Observe(s.dialer, "orders", metric.NewMeterProvider(metric.WithReader(s.reader)))
	if err != nil {
		s.t.Fatal(err)
	}
	s.registration = registration
}
