package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
)

// A footprint is what the process holds.
type footprint struct {
	goroutines int
	bytes      uint64
}

// takeFootprint counts after two collections: the first leaves behind what finalizers and pools still hold.
func takeFootprint() footprint {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{runtime.NumGoroutine(), m.HeapAlloc + m.StackInuse}
}

// idle prints what n connections cost that have worked once and wait: plain ones beside Conns.
func idle(ctx context.Context, out, _ io.Writer, srv *server, o options) error {
	n := o.idle
	if n == 0 {
		return nil
	}
	plain, err := hold(ctx, srv.dialPlain, srv.addr, n)
	if err != nil {
		return err
	}
	conns, err := hold(ctx, srv.dialConn, srv.addr, n)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n| %d idle connections | goroutines | bytes each |\n| --- | --: | --: |\n", n)
	fmt.Fprintf(out, "| plain | %d | %d |\n| Conn | %d | %d |\n", plain.goroutines, plain.bytes/uint64(n), conns.goroutines, conns.bytes/uint64(n))
	return nil
}

// hold makes n connections, has each do a SET and a GET, and says how much more there is than before.
func hold(ctx context.Context, dial dialer, addr string, n int) (footprint, error) {
	conns := make([]net.Conn, 0, n)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	buf := make([]byte, 64)
	before := takeFootprint()
	for range n {
		c, err := dial(ctx, "tcp", addr)
		if err != nil {
			return footprint{}, err
		}
		conns = append(conns, c)
		for _, e := range warm() {
			if err := e.run(c, buf); err != nil {
				return footprint{}, err
			}
		}
	}
	after := takeFootprint()
	return footprint{after.goroutines - before.goroutines, after.bytes - before.bytes}, nil
}

// warm is what a connection has done before it is idle.
func warm() []exchange {
	return []exchange{
		{[]byte("*3\r\n$3\r\nSET\r\n$4\r\nkey:\r\n$3\r\nabc\r\n"), "+OK\r\n"},
		{[]byte("*2\r\n$3\r\nGET\r\n$4\r\nkey:\r\n"), "$3\r\nabc\r\n"},
	}
}
