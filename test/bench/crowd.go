package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// settling is how long a relay has for putting away what it needed for connecting.
const settling = 10 * time.Second

// A crowd is many connections of clients by way of a relay.
type crowd struct {
	conns []net.Conn
}

// dial connects a client to a relay: in the clear, or for the direct way with TLS and AUTH, which the others do for it.
func (r *relay) dial(ctx context.Context, srv *server) (net.Conn, error) {
	if r.direct() {
		return srv.dialPlain(ctx, "tcp", r.addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", r.addr)
}

// gather connects n clients, in parallel at a time, and has each do the same.
func gather(ctx context.Context, srv *server, r *relay, n, parallel int, does []exchange) (*crowd, error) {
	c := &crowd{conns: make([]net.Conn, n)}
	errs := make([]error, parallel)
	var wg sync.WaitGroup
	for p := range parallel {
		wg.Go(func() {
			for i := p; i < n && errs[p] == nil; i += parallel {
				if c.conns[i], errs[p] = r.dial(ctx, srv); errs[p] == nil {
					errs[p] = use(c.conns[i], does)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			c.close()
			return nil, fmt.Errorf("a connection by way of %s: %w", r.name, err)
		}
	}
	return c, nil
}

func ping() exchange { return exchange{[]byte("PING\r\n"), "+PONG\r\n"} }

// use has a connection do one thing after another.
func use(conn net.Conn, does []exchange) error {
	for _, e := range does {
		if err := e.run(conn, make([]byte, len(e.want))); err != nil {
			return err
		}
	}
	return nil
}

// each has every connection do e, one after another.
func (c *crowd) each(e exchange) error {
	for _, conn := range c.conns {
		if err := use(conn, []exchange{e}); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) close() {
	for _, conn := range c.conns {
		if conn != nil {
			conn.Close()
		}
	}
}

// crowds prints what idle connections cost the relays, which have done nothing else before.
func crowds(ctx context.Context, out, log io.Writer, srv *server, all []*relay, o options) error {
	if o.crowd == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n| %d idle connections | KiB each after a SET and a GET of 3 B | after a GET of 64 KiB |\n| --- | --: | --: |\n", o.crowd)
	for _, r := range all {
		if r.direct() {
			continue
		}
		fmt.Fprintf(log, "sidecar: %d idle connections, %s\n", o.crowd, r.name)
		small, large, err := r.idle(ctx, srv, o.crowd)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %.1f | %.1f |\n", r.name, float64(small)/1024/float64(o.crowd), float64(large)/1024/float64(o.crowd))
	}
	return nil
}

// idle is how much a relay has grown by n connections that have each done a SET and a GET, and by when they have got a large value too.
func (r *relay) idle(ctx context.Context, srv *server, n int) (small, large int64, err error) {
	before, err := r.proc.resident()
	if err != nil {
		return 0, 0, err
	}
	c, err := gather(ctx, srv, r, n, 20, warm())
	if err != nil {
		return 0, 0, err
	}
	defer c.close()
	set, get := largeValue()
	if small, err = r.grown(before); err != nil {
		return 0, 0, err
	}
	if err := use(c.conns[0], []exchange{set}); err != nil {
		return 0, 0, err
	}
	if err := c.each(get); err != nil {
		return 0, 0, err
	}
	large, err = r.grown(before)
	return small, large, err
}

// grown is how much more memory a relay has than it had, once it has settled.
func (r *relay) grown(before int64) (int64, error) {
	time.Sleep(settling)
	now, err := r.proc.resident()
	return now - before, err
}

func largeValue() (set, get exchange) {
	value := make([]byte, 64<<10)
	for i := range value {
		value[i] = 'x'
	}
	return exchange{fmt.Appendf(nil, "*3\r\n$3\r\nSET\r\n$9\r\nkey:large\r\n$%d\r\n%s\r\n", len(value), value), "+OK\r\n"},
		exchange{[]byte("*2\r\n$3\r\nGET\r\n$9\r\nkey:large\r\n"), fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)}
}

// storms prints how long it takes until all of many clients that connect at once have their first answer.
func storms(ctx context.Context, out, log io.Writer, srv *server, all []*relay, o options) error {
	if o.storm == 0 {
		return nil
	}
	fmt.Fprintf(log, "sidecar: storms of %d\n", o.storm)
	took, spent := map[string][]float64{}, map[string][]float64{}
	for round := range max(3, o.sidecarRounds) {
		for _, r := range inTurn(all, round) {
			wall, cpu, err := r.storm(ctx, srv, o.storm)
			if err != nil {
				return err
			}
			took[r.name], spent[r.name] = append(took[r.name], wall.Seconds()*1e3), append(spent[r.name], cpu.Seconds()*1e3)
		}
	}
	fmt.Fprintf(out, "\n| %d clients connect at once | all answered after | CPU of the relay |\n| --- | --: | --: |\n", o.storm)
	for _, r := range all {
		cpu := "–"
		if !r.direct() {
			cpu = fmt.Sprintf("%.0f ms", middle(spent[r.name]))
		}
		fmt.Fprintf(out, "| %s | %.0f ms | %s |\n", r.name, middle(took[r.name]), cpu)
	}
	return nil
}

func (r *relay) storm(ctx context.Context, srv *server, n int) (wall, cpu time.Duration, err error) {
	before, err := r.cpu()
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	c, err := gather(ctx, srv, r, n, n, []exchange{ping()})
	if err != nil {
		return 0, 0, err
	}
	wall = time.Since(start)
	after, err := r.cpu()
	c.close()
	return wall, after - before, err
}
