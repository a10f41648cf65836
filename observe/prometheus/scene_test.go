package valetkeyprom

import (
	"testing"

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

func (s *scene) observe() {
	s.registry = prometheus.NewPedanticRegistry()
	s.registry.MustRegister(Observe(s.dialer, "orders"))
}
