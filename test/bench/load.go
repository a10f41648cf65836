package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A load is one workload of valkey-benchmark's.
type load struct {
	command  string // SET or GET
	size     int
	clients  int
	pipeline int
}

func (l load) String() string {
	return fmt.Sprintf("%s, %s, %d, %d", l.command, bytesOf(l.size), l.clients, l.pipeline)
}

// loads are all workloads; each GET follows the SET whose values it gets.
func loads() (all []load) {
	for _, size := range []int{3, 1 << 10, 64 << 10} {
		for _, clients := range []int{1, 50, 500} {
			for _, pipeline := range []int{1, 16} {
				for _, command := range []string{"SET", "GET"} {
					all = append(all, load{command, size, clients, pipeline})
				}
			}
		}
	}
	return all
}

// An outcome is what a run of a load showed.
type outcome struct {
	perSecond float64
	p50, p99  float64       // milliseconds
	cpu       time.Duration // of the relay, for each request
}

// run has valkey-benchmark send n requests by way of r.
func (l load) run(ctx context.Context, srv *server, r *relay, n int) (outcome, error) {
	host, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		return outcome{}, err
	}
	args := []string{"-h", host, "-p", port, "-t", l.command, "-d", strconv.Itoa(l.size), "-c", strconv.Itoa(l.clients),
		"-P", strconv.Itoa(l.pipeline), "-n", strconv.Itoa(n), "-r", "1000", "--csv", "--precision", "3"}
	if r.direct() {
		args = append(args, "--tls", "--cacert", srv.certificate(), "--sni", "localhost")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	before, err := r.cpu()
	if err != nil {
		return outcome{}, err
	}
	out, err := exec.CommandContext(ctx, "valkey-benchmark", args...).Output()
	if err != nil {
		return outcome{}, fmt.Errorf("valkey-benchmark by way of %s: %w", r.name, err)
	}
	after, err := r.cpu()
	if err != nil {
		return outcome{}, err
	}
	o, err := parseOutcome(string(out), l.command)
	o.cpu = (after - before) / time.Duration(n)
	return o, err
}

// cpu is the relay's; that of none is nothing.
func (r *relay) cpu() (time.Duration, error) {
	if r.direct() {
		return 0, nil
	}
	return r.proc.cpu()
}

// parseOutcome reads the line of command in what valkey-benchmark prints: command, requests per second, and the latencies average,
// least, p50, p95, p99 and most.
func parseOutcome(out, command string) (outcome, error) {
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		return outcome{}, fmt.Errorf("valkey-benchmark: %w", err)
	}
	for _, row := range rows {
		if len(row) != 8 || row[0] != command {
			continue
		}
		var o outcome
		var errs [3]error
		o.perSecond, errs[0] = strconv.ParseFloat(row[1], 64)
		o.p50, errs[1] = strconv.ParseFloat(row[4], 64)
		o.p99, errs[2] = strconv.ParseFloat(row[6], 64)
		return o, errors.Join(errs[:]...)
	}
	return outcome{}, fmt.Errorf("valkey-benchmark printed no line for %s: %.200q", command, out)
}

// least is how many requests a run has at least.
func (l load) least() int { return max(200, 2*l.clients*l.pipeline) }

// requests finds how many make a run of about the wanted length by way of r. With many clients connecting takes long and would hide how fast they
// are, so fewer are tried, and have the run made longer.
func (l load) requests(ctx context.Context, srv *server, r *relay, slice time.Duration) (int, error) {
	least := l.least()
	if l.clients > 50 {
		l.clients, slice = 50, 3*slice
	}
	o, err := l.run(ctx, srv, r, max(200, 10*l.clients*l.pipeline))
	if err != nil {
		return 0, err
	}
	return max(least, int(o.perSecond*slice.Seconds())), nil
}
