// Command bench measures what the project costs: a valetkey.Conn beside a plain TLS connection, the sidecar beside haproxy and a client's own
// TLS, and the emulator's AUTH beside a real server's. It prints Markdown. See page.go for what is compared how.
//
//	go run ./test/bench [-part conn|sidecar|auth] [-only 'go-redis, 3 B'] [-write docs/reference/performance.md]
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
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
	flag.IntVar(&o.rounds, "rounds", 101, "rounds of plain, Conn, Conn, plain for each row")
	flag.DurationVar(&o.slice, "slice", 25*time.Millisecond, "length of one turn, about")
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
