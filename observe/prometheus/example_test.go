package valetkeyprom_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/observe/prometheus"
)

func ExampleObserve() {
	var cache emulator.Server // in place of a cache on AWS
	if err := cache.Start(); err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	dialer := &valetkey.Dialer{Source: cache.Source(), TLSConfig: cache.ClientTLS()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(valetkeyprom.Observe(dialer, "orders"))

	conn, err := dialer.DialContext(context.Background(), "tcp", cache.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	page := httptest.NewRecorder() // what Prometheus gets
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasSuffix(line, " 1\n") {
			fmt.Print(line)
		}
	}
	// Output:
	// valetkey_auth_total{kind="connect",result="ok",target="orders"} 1
	// valetkey_connections{target="orders"} 1
	// valetkey_connections_total{result="ok",target="orders"} 1
}
