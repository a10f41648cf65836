// Command bench measures what the project costs: a valetkey.Conn beside a plain TLS connection, the sidecar beside haproxy and a client's own
// TLS, and the emulator's AUTH beside a real server's. It prints Markdown. See page.go for what is compared how.
//
//	go run ./test/bench [-part conn|sidecar|auth] [-only 'go-redis, 3 B'] [-write docs/reference/performance.md]
package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
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
	write         string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 11, "rounds of plain, Conn, Conn, plain for each row")
	flag.DurationVar(&o.slice, "slice", 100*time.Millisecond, "length of one turn, about")
	flag.StringVar(&o.only, "only", "", "measure only the rows that contain this text, such as 'loop, 3 B'")
	flag.IntVar(&o.idle, "idle", 1000, "how many idle connections to measure; 0 for none")
	flag.StringVar(&o.part, "part", "", "measure only this: conn, auth or sidecar")
	flag.IntVar(&o.sidecarRounds, "sidecar-rounds", 4, "rounds of valkey-benchmark for each row of the sidecar's")
	flag.DurationVar(&o.run, "run", 300*time.Millisecond, "length of one run of valkey-benchmark, about")
	flag.IntVar(&o.crowd, "crowd", 5000, "how many idle connections of the sidecar to measure; 0 for none")
	flag.IntVar(&o.storm, "storm", 1000, "how many clients connect at once; 0 for none")
	flag.StringVar(&o.write, "write", "", "file to write to instead of the standard output")
	flag.Parse()
	switch flag.Arg(0) { // this program itself, as another process
	case "sidecar":
		exitOn(sidecar(flag.Args()[1:]))
		return
	case "emulator":
		exitOn(gatekeeper())
		return
	}
	exitOn(produce(context.Background(), o))
}

// produce writes to the standard output, or puts the file in its place once all is there.
func produce(ctx context.Context, o options) error {
	if o.write == "" {
		return run(ctx, os.Stdout, o)
	}
	var page bytes.Buffer
	if err := run(ctx, io.MultiWriter(os.Stderr, &page), o); err != nil {
		return err
	}
	return os.WriteFile(o.write, page.Bytes(), 0o644)
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
	return page(ctx, out, os.Stderr, srv, o)
}

func bytesOf(n int) string {
	if n >= 1<<10 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// overheads prints a row for each client and workload. The rows named "control" compare plain with plain: what they show is the
// accuracy of the others.
func overheads(ctx context.Context, out, _ io.Writer, srv *server, o options) error {
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
