package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// overheads prints a row for each client and workload. The rows named "control" compare plain with plain: what they show is the
// accuracy of the others.
func overheads(ctx context.Context, out, _ io.Writer, srv *server, o options) error {
	means := map[string][]comparison{}
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
		means[r.kind()] = append(means[r.kind()], c)
	}
	printMeans(out, means)
	return nil
}

// printMeans prints what the rows of a kind come to together.
func printMeans(out io.Writer, kinds map[string][]comparison) {
	fmt.Fprint(out, "\n| geometric mean | throughput, Conn ÷ plain | CPU, Conn ÷ plain |\n| --- | --: | --: |\n")
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		var speed, cpu []float64
		for _, c := range kinds[kind] {
			s, p := c.ratios()
			speed, cpu = append(speed, middle(s)), append(cpu, middle(p))
		}
		fmt.Fprintf(out, "| %s | %.3f | %.3f |\n", kind, geometric(speed), geometric(cpu))
	}
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

// kind is what rows are summed up by.
func (r row) kind() string {
	if r.control {
		return "control"
	}
	return bytesOf(r.size)
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
