// Command bench shows what a valetkey.Conn costs: the same client does the same work on a plain TLS connection and on one that
// stays authenticated, turn by turn in one process, against a real valkey-server with TLS. It prints Markdown.
//
//	go run ./test/bench [-rounds 15] [-slice 100ms] [-only go-redis] [-idle 1000]
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	part          string
	rounds        int
	slice         time.Duration
	only          string
	idle          int
	sidecarRounds int
	run           time.Duration
	crowd, storm  int
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 15, "rounds of plain, Conn, Conn, plain for each row")
	flag.DurationVar(&o.slice, "slice", 100*time.Millisecond, "length of one turn, about")
	flag.StringVar(&o.only, "only", "", "measure only the rows that contain this text, such as 'loop, 3 B'")
	flag.IntVar(&o.idle, "idle", 1000, "how many idle connections to measure; 0 for none")
	flag.StringVar(&o.part, "part", "", "measure only this: conn, auth or sidecar")
	flag.IntVar(&o.sidecarRounds, "sidecar-rounds", 5, "rounds of valkey-benchmark for each row of the sidecar's")
	flag.DurationVar(&o.run, "run", 300*time.Millisecond, "length of one run of valkey-benchmark, about")
	flag.IntVar(&o.crowd, "crowd", 5000, "how many idle connections of the sidecar to measure; 0 for none")
	flag.IntVar(&o.storm, "storm", 1000, "how many clients connect at once; 0 for none")
	flag.Parse()
	switch flag.Arg(0) { // this program itself, as another process
	case "sidecar":
		exitOn(sidecar(flag.Args()[1:]))
		return
	case "emulator":
		exitOn(gatekeeper())
		return
	}
	exitOn(run(context.Background(), os.Stdout, o))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, o options) error {
	srv, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer srv.stop()
	fmt.Fprintf(out, "%s, %s, %d CPUs, %s/%s; %d rounds of four turns of about %s\n\n",
		srv.version, runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, o.rounds, o.slice)
	for _, p := range []struct {
		name string
		run  func() error
	}{
		{"conn", func() error { return overheads(ctx, out, srv, o) }},
		{"conn", func() error { return idle(ctx, out, srv, o.idle) }},
		{"auth", func() error { return auths(ctx, out, srv, o) }},
		{"sidecar", func() error { return sidecars(ctx, out, os.Stderr, srv, o) }},
	} {
		if o.part != "" && o.part != p.name {
			continue
		}
		if err := p.run(); err != nil {
			return err
		}
	}
	return nil
}

func bytesOf(n int) string {
	if n >= 1<<10 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// overheads prints a row for each client and workload. The rows named "control" compare plain with plain: what they show is the
// accuracy of the others.
func overheads(ctx context.Context, out io.Writer, srv *server, o options) error {
	fmt.Fprintln(out, "| client, value, commands in flight | plain: commands/s | Conn: commands/s | throughput, Conn ÷ plain | plain: CPU per command | Conn: CPU per command | CPU, Conn ÷ plain |")
	fmt.Fprintln(out, "| --- | --: | --: | --: | --: | --: | --: |")
	for _, r := range rows() {
		if !strings.Contains(r.String(), o.only) {
			continue
		}
		c, err := r.compare(ctx, srv, o)
		if err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		fmt.Fprintf(out, "| %s | %s |\n", r, c)
	}
	return nil
}

// A row is one line of the table.
type row struct {
	client  string
	open    opener
	size    int
	depth   int
	control bool
}

func (r row) String() string {
	return fmt.Sprintf("%s, %s, %d", cmp.Or(r.controlName(), r.client), bytesOf(r.size), r.depth)
}

func (r row) controlName() string {
	if r.control {
		return r.client + " (control)"
	}
	return ""
}

func rows() (all []row) {
	for _, c := range []struct {
		name string
		open opener
	}{{"loop", openLoop}, {"go-redis", openGoRedis}, {"valkey-go", openValkeyGo}} {
		for _, depth := range []int{1, 16} {
			all = append(all, row{c.name, c.open, 3, depth, true})
			for _, size := range []int{3, 1 << 10, 64 << 10} {
				all = append(all, row{c.name, c.open, size, depth, false})
			}
		}
	}
	return all
}
