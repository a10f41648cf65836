package main

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"
)

// A cost is what a turn took: by the clock, and of this process's CPU time. The server is a process of its own.
type cost struct{ wall, cpu time.Duration }

func (c cost) plus(d cost) cost { return cost{c.wall + d.wall, c.cpu + d.cpu} }

// A comparison collects the rounds of a row.
type comparison struct {
	commands    int // in one turn
	plain, conn []cost
}

// compare runs the rounds. Each is plain, Conn, Conn, plain, so that a drift of the machine falls on both alike.
func (r row) compare(ctx context.Context, srv *server, o options) (comparison, error) {
	dials := []dialer{srv.dialPlain, srv.dialConn}
	if r.control {
		dials[1] = srv.dialPlain
	}
	var both [2]client
	for i, dial := range dials {
		c, err := r.open(ctx, dial, srv.addr, r.size, r.depth)
		if err != nil {
			return comparison{}, err
		}
		defer c.close()
		both[i] = c
	}
	batches, err := calibrate(both, o.slice)
	if err != nil {
		return comparison{}, err
	}
	c := comparison{commands: batches * r.depth}
	for range o.rounds {
		if err := c.round(both, batches); err != nil {
			return c, err
		}
	}
	return c, nil
}

// calibrate finds how many batches make a turn of the wanted length, and warms both clients up.
func calibrate(both [2]client, slice time.Duration) (batches int, err error) {
	for batches = 2; ; batches *= 2 {
		for _, c := range both {
			took, err := turn(c, batches)
			if err != nil {
				return 0, err
			}
			if took.wall > slice/2 {
				return max(2, int(float64(batches)*float64(slice)/float64(took.wall))), nil
			}
		}
	}
}

func (c *comparison) round(both [2]client, batches int) error {
	var sum [2]cost
	for _, i := range []int{0, 1, 1, 0} {
		took, err := turn(both[i], batches)
		if err != nil {
			return err
		}
		sum[i] = sum[i].plus(took)
	}
	c.plain, c.conn = append(c.plain, sum[0]), append(c.conn, sum[1])
	return nil
}

func turn(c client, batches int) (cost, error) {
	cpu, start := processCPU(), time.Now()
	for range batches {
		if err := c.do(); err != nil {
			return cost{}, err
		}
	}
	return cost{time.Since(start), processCPU() - cpu}, nil
}

// processCPU is the CPU time of this process so far, the system's for it included.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the arguments are constant
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// String is the row's part of the table.
func (c comparison) String() string {
	speed, cpu := c.ratios()
	perSecond := func(costs []cost) float64 {
		return 2 * float64(c.commands) / median(costs, func(c cost) float64 { return c.wall.Seconds() })
	}
	micros := func(costs []cost) float64 {
		return median(costs, func(c cost) float64 { return float64(c.cpu.Nanoseconds()) / 1e3 }) / float64(2*c.commands)
	}
	return fmt.Sprintf("%.0f | %.0f | %s | %.2f µs | %.2f µs | %s",
		perSecond(c.plain), perSecond(c.conn), spread(speed), micros(c.plain), micros(c.conn), spread(cpu))
}

// ratios are the rounds' throughput and CPU, Conn's to plain's.
func (c comparison) ratios() (speed, cpu []float64) {
	for i := range c.plain {
		speed = append(speed, float64(c.plain[i].wall)/float64(c.conn[i].wall))
		cpu = append(cpu, float64(c.conn[i].cpu)/float64(c.plain[i].cpu))
	}
	return speed, cpu
}

func median(costs []cost, of func(cost) float64) float64 {
	all := make([]float64, len(costs))
	for i, c := range costs {
		all[i] = of(c)
	}
	return quantile(all, 0.5)
}

// spread is the median of the rounds' ratios with the quartiles.
func spread(ratios []float64) string {
	return fmt.Sprintf("%.3f (%.3f to %.3f)", quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75))
}

func quantile(all []float64, q float64) float64 {
	all = slices.Sorted(slices.Values(all))
	at := q * float64(len(all)-1)
	low := int(at)
	if low+1 == len(all) {
		return all[low]
	}
	return all[low] + (at-float64(low))*(all[low+1]-all[low])
}
