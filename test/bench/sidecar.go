package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os/exec"
	"slices"
	"strings"
)

// sidecars prints the sidecar beside haproxy and a client's own TLS, in rounds that take turns.
func sidecars(ctx context.Context, out, log io.Writer, srv *server, o options) error {
	if _, err := exec.LookPath("valkey-benchmark"); err != nil {
		return fmt.Errorf("%w: install it (Debian: apt install valkey-tools)", err)
	}
	all, stop, err := startRelays(ctx, srv, log)
	if err != nil {
		return err
	}
	defer stop()
	for _, part := range []func(context.Context, io.Writer, io.Writer, *server, []*relay, options) error{crowds, throughput, storms} {
		if err := part(ctx, out, log, srv, all, o); err != nil {
			return err
		}
	}
	return nil
}

// A contest is the rounds of one load; outcomes are by relay, then by round.
type contest struct {
	load
	outcomes map[string][]outcome
}

// throughput prints the tables of all loads. Each round goes through every load, so that a slow minute of the machine falls on all.
func throughput(ctx context.Context, out, log io.Writer, srv *server, all []*relay, o options) error {
	var contests []*contest
	var counts []int
	for _, l := range loads() {
		if !strings.Contains(l.String(), o.only) {
			continue
		}
		n, err := l.requests(ctx, srv, all[0], o.run)
		if err != nil {
			return fmt.Errorf("%s: %w", l, err)
		}
		contests, counts = append(contests, &contest{l, map[string][]outcome{}}), append(counts, n)
	}
	for round := range o.sidecarRounds {
		fmt.Fprintf(log, "sidecar: round %d of %d\n", round+1, o.sidecarRounds)
		for i, c := range contests {
			if err := c.round(ctx, srv, inTurn(all, round), counts[i]); err != nil {
				return fmt.Errorf("%s: %w", c.load, err)
			}
		}
	}
	printContests(out, contests)
	return nil
}

// inTurn reverses the order of every other round.
func inTurn(all []*relay, round int) []*relay {
	all = slices.Clone(all)
	if round%2 == 1 {
		slices.Reverse(all)
	}
	return all
}

func (c *contest) round(ctx context.Context, srv *server, all []*relay, n int) error {
	for _, r := range all {
		n := n
		if r.direct() && c.stalls() { // up to 44 ms for each
			n = min(n, c.least())
		}
		o, err := c.run(ctx, srv, r, n)
		if err != nil {
			return err
		}
		c.outcomes[r.name] = append(c.outcomes[r.name], o)
	}
	return nil
}

func perSecond(o outcome) float64 { return o.perSecond }
func cpuEach(o outcome) float64   { return float64(o.cpu.Nanoseconds()) / 1e3 }

// ratio is the median, over the rounds, of one relay's figure to another's; NaN where one is missing.
func (c *contest) ratio(a, b string, of func(outcome) float64) float64 {
	var all []float64
	for i := range min(len(c.outcomes[a]), len(c.outcomes[b])) {
		all = append(all, of(c.outcomes[a][i])/of(c.outcomes[b][i]))
	}
	return middle(all)
}

// figure is the median of one relay's.
func (c *contest) figure(name string, of func(outcome) float64) float64 {
	var all []float64
	for _, o := range c.outcomes[name] {
		all = append(all, of(o))
	}
	return middle(all)
}

func middle(all []float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	return quantile(all, 0.5)
}

func printContests(out io.Writer, contests []*contest) {
	fmt.Fprint(out, "\n| command, value, clients, commands in flight each | sidecar: commands/s | throughput ÷ haproxy | ÷ direct TLS | CPU per command: sidecar | haproxy | CPU ÷ haproxy | "+
		"p50/p99, ms: sidecar | haproxy | direct TLS |\n| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, c := range contests {
		fmt.Fprintf(out, "| %s | %.0f | %s | %s | %s | %s | %s | %s | %s | %s |\n", c.load, c.figure("sidecar", perSecond),
			number("%.2f", c.ratio("sidecar", "haproxy", perSecond)), number("%.2f", c.ratio("sidecar", "direct", perSecond)),
			number("%.1f µs", c.figure("sidecar", cpuEach)), number("%.1f µs", c.figure("haproxy", cpuEach)),
			number("%.2f", c.ratio("sidecar", "haproxy", cpuEach)), c.latency("sidecar"), c.latency("haproxy"), c.latency("direct"))
	}
	fmt.Fprintf(out, "\n| geometric mean | throughput ÷ haproxy | throughput ÷ direct TLS | CPU ÷ haproxy |\n| --- | --: | --: | --: |\n")
	for _, g := range groups() {
		printGroup(out, g, contests)
	}
}

// number is x, or a dash where it was not measured.
func number(format string, x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf(format, x)
}

func (c *contest) latency(name string) string {
	if len(c.outcomes[name]) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f/%.2f", c.figure(name, func(o outcome) float64 { return o.p50 }), c.figure(name, func(o outcome) float64 { return o.p99 }))
}

// A group is loads that are summed up in a line.
type group struct {
	name string
	has  func(load) bool
}

func groups() []group {
	return []group{
		{"1 client", func(l load) bool { return l.clients == 1 }},
		{"50 and 500 clients, up to 1 KiB", func(l load) bool { return l.clients > 1 && l.size <= 1<<10 }},
		{"50 and 500 clients, 64 KiB", func(l load) bool { return l.clients > 1 && l.size > 1<<10 }},
		{"all", func(load) bool { return true }},
	}
}

func printGroup(out io.Writer, g group, contests []*contest) {
	var haproxy, direct, cpu []float64
	for _, c := range contests {
		if !g.has(c.load) {
			continue
		}
		haproxy = append(haproxy, c.ratio("sidecar", "haproxy", perSecond))
		cpu = append(cpu, c.ratio("sidecar", "haproxy", cpuEach))
		if !c.stalls() {
			direct = append(direct, c.ratio("sidecar", "direct", perSecond))
		}
	}
	if len(haproxy) > 0 {
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", g.name, number("%.2f", geometric(haproxy)), number("%.2f", geometric(direct)), number("%.2f", geometric(cpu)))
	}
}

// stalls reports whether valkey-benchmark's own TLS waits for delayed acknowledgements: it leaves Nagle's algorithm on.
func (l load) stalls() bool { return l.command == "SET" && l.size > 16<<10 }

func geometric(all []float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, x := range all {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(all)))
}
