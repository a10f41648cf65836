package main

import (
	"fmt"
	"time"
)

// A cell is one field of the table: one client used in one way.
type cell struct {
	driver    *driver
	mechanism string // what keeps it authenticated
	cluster   bool
	protocol  int // of RESP
	workload  *workload
}

func (c cell) topology() string {
	if c.cluster {
		return "cluster"
	}
	return "standalone"
}

func (c cell) String() string {
	return fmt.Sprintf("%s/%s/%s/RESP%d/%s", c.driver.name, c.mechanism, c.topology(), c.protocol, c.workload.name)
}

// impossible says why there is no such cell, or nothing.
func (c cell) impossible() string {
	switch {
	case c.cluster && c.driver.noCluster:
		return "no cluster client"
	case c.protocol == 2 && c.driver.noRESP2:
		return "speaks RESP3 only"
	case c.protocol == 3 && c.driver.noRESP3:
		return "speaks RESP2 only"
	case c.workload.caching && c.protocol == 2:
		return "client-side caching needs RESP3"
	case c.workload.caching && c.cluster && c.driver.noClusterCaching:
		return "no client-side caching in a cluster"
	case c.workload.caching && !c.ours() && c.mechanism != never && c.driver.noOwnCaching:
		return "switches client-side caching off when it has a credentials provider"
	}
	return ""
}

// The mechanisms that all clients share. The others are a driver's own.
const (
	dialed = "Dialer" // valetkey.Dialer
	kept   = "Keep"   // glide.Keep
	never  = "none"   // a token when it connects, and nothing more: to see that what goes wrong is seen
)

// ours reports whether this project is what keeps the client authenticated.
func (c cell) ours() bool { return c.mechanism == c.driver.ours() }

// cells lists what there is to run here.
func cells(own bool) (all []cell) {
	for _, d := range drivers() {
		mechanisms := []string{d.ours()}
		if own {
			mechanisms = append(mechanisms, d.own...)
		}
		for _, m := range mechanisms {
			all = append(all, cellsOf(d, m)...)
		}
	}
	return all
}

func cellsOf(d *driver, mechanism string) (all []cell) {
	if d.missing != "" {
		return nil
	}
	for _, cluster := range []bool{false, true} {
		for _, protocol := range []int{2, 3} {
			for _, w := range workloads() {
				c := cell{d, mechanism, cluster, protocol, w}
				if c.impossible() == "" {
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// A result is what one cell came to. Connections, Renewals and Cuts are the server's count.
type result struct {
	cell
	Commands, Errors, Lost, Doubled int64
	Connections, Renewals, Cuts     int64
	// Lapsed counts those of the cuts that hit a connection which had been authenticated again before.
	Lapsed int64
	// Closed counts the connections that the Dialer closed before the server would.
	Closed int64
	// First is the first error.
	First error
	// Took is how long it ran.
	Took time.Duration
}

// clean reports whether nothing went wrong. A reader that a command blocks for longer than a session is promised less: its connection is
// closed before the server does it, and the client sees no more errors than that.
func (r result) clean() bool {
	switch {
	case r.driver.kept:
		return r.keptClean()
	case r.workload.outlasts:
		return r.Commands > 0 && r.Closed > 0 && r.Doubled == 0 && r.Errors <= r.Closed+r.Cuts && r.Lost+r.Cuts <= r.unlucky()
	}
	return r.Commands > 0 && r.Renewals > 0 && r.Errors+r.Lost+r.Doubled+r.Cuts+r.Closed == 0
}

// keptClean is clean for a client that glide.Keep keeps. The management connections of GLIDE's cluster client are never authenticated again,
// so that they are cut, which no command notices; no other connection is, unless a command blocks it for longer than a session. Then the client has
// to try again, how often until GLIDE has reconnected is GLIDE's affair, and what it waits for comes.
func (r result) keptClean() bool {
	if r.workload.outlasts {
		return r.Commands > r.Errors && r.Cuts > 0 && r.Doubled == 0 && r.Lost <= 1+r.Cuts/10
	}
	return r.Commands > 0 && r.Renewals > 0 && r.Errors+r.Lost+r.Doubled+r.Lapsed == 0 && (r.cluster || r.Cuts == 0)
}

// unlucky is how many of the connections closed early may have had an element on its way, or been late because the machine stood still for a
// good part of a session, which at the true length of a session is a matter of milliseconds in hours.
func (r result) unlucky() int64 { return 1 + r.Closed/10 }
