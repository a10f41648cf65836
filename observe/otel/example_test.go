package valetkeyotel_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/observe/otel"
)

func ExampleObserve() {
	var cache emulator.Server // in place of a cache on AWS
	if err := cache.Start(); err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	reader := metric.NewManualReader() // a program has one that exports
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	dialer := &valetkey.Dialer{Source: cache.Source(), TLSConfig: cache.ClientTLS()}
	if _, err := valetkeyotel.Observe(dialer, "orders", provider); err != nil {
		log.Fatal(err)
	}

	conn, err := dialer.DialContext(context.Background(), "tcp", cache.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &collected); err != nil {
		log.Fatal(err)
	}
	for _, m := range collected.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
			for _, p := range sum.DataPoints {
				if p.Value > 0 {
					fmt.Println(m.Name, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Value)
				}
			}
		}
	}
	// Unordered output:
	// valetkey.connection.count target=orders 1
	// valetkey.connection.dials result=ok,target=orders 1
	// valetkey.auth.attempts kind=connect,result=ok,target=orders 1
}
