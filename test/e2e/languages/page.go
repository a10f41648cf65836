package main

import (
	"fmt"
	"io"
	"runtime"
)

const introduction = `<!-- Generated: make languages >docs/reference/languages.md -->

# The sidecar under clients of every language

Each client, in the version that its users install, uses a port of ` + "`valetkey proxy`" + `, which wants no password, and never notices that behind it
every connection is authenticated again after %s, and would be cut after %s. The cache is the emulator with TLS and a real server behind it.
[How to run the sidecar](../how-to/proxy.md).

Each does strings, a pipeline, MULTI and EXEC, a Lua script, SCAN, values of a megabyte, BLPOP and pub/sub for %s, all at once on connections of
its own, and compares every reply with what it must be. Celery, Sidekiq and BullMQ run jobs, and see that each ran once. Every client runs three
times: with its own handshake, with a password that the cache does not know, and with a user and a password; where it can be told to, in RESP2 and in RESP3.

- **commands**, **errors**, **lost**, **doubled**: what the client counts: replies compared; those that were wrong or did not come; messages,
  list elements and jobs that did not arrive, or arrived twice.
- **connections**, **renewals**, **cuts**: what the emulator counts: connections that logged in (one is the sidecar's own check at its start), that
  did so again, and that were cut because they had not.

What the clients do differently: GLIDE takes subscriptions in RESP3 only, so that connection keeps to it. fred's subscribe() does not wait for the server's
answer, so nothing is sent before a first message has arrived. Redisson's objects, and GLIDE for Java and its PUBLISH, keep some replies for themselves.
GLIDE for Go hands over messages in any order.
PHP's, Ruby's and Perl's clients are those of Debian 12.

` + "`make languages`" + ` installs the clients, runs them and writes this page; it fails if a client has an error or loses something, a connection is cut
or replaced, or there are fewer than %d renewals. It is part of ` + "`.ci/run`" + `.

`

const clusters = `
## Cluster clients

Each counts in 24 keys and reads them back, on a cluster of three masters and three replicas behind the sidecar, all clients at once, with a user and a
password that the cache does not know: while a replica takes over, a shard is added, slots that are written to move there and back, and the shard is
removed. An error is a wrong answer or one that did not come. redis-py and valkey-py cannot follow an ASK to a shard that has no slot yet; their
programs try such a command, which has not been sent, again. No client connected to a node itself. The sidecar listened for %d nodes at the end, took
%d connections, and renewed its own %d times; none was cut or replaced.

`

// page writes the whole page.
func page(w io.Writer, s *stage, results []result, d drilled) {
	fmt.Fprintf(w, introduction, s.renewAfter, s.session, s.duration, enoughRenewals)
	fmt.Fprintf(w, "Measured on %d processors of %s/%s with %s.\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, s.engine.Version)
	fmt.Fprintln(w, "| client | version | handshake | commands | errors | lost | doubled | connections | renewals | cuts |")
	fmt.Fprintln(w, "|---|---|---|---:|---:|---:|---:|---:|---:|---:|")
	for _, r := range results {
		fmt.Fprintf(w, "| %s | %s | %s | %d | %d | %d | %d | %d | %d | %d |\n", r.name, r.Version, r.handshake,
			r.Commands, r.Errors, r.Lost, r.Doubled, r.connections, r.renewals, r.cuts)
	}
	fmt.Fprintf(w, "\nTogether: %s.\n", together(results))
	if len(d.results) == 0 {
		return
	}
	fmt.Fprintf(w, clusters, len(d.counts.Nodes), d.counts.Clients, d.counts.Renewals)
	fmt.Fprintln(w, "| client | version | commands | errors |")
	fmt.Fprintln(w, "|---|---|---:|---:|")
	for _, r := range d.results {
		fmt.Fprintf(w, "| %s | %s | %d | %d |\n", r.name, r.Version, r.Commands, r.Errors)
	}
}

// together is what all runs come to.
func together(results []result) string {
	var sum result
	clients := map[string]bool{}
	for _, r := range results {
		clients[r.name] = true
		sum.Commands, sum.Errors, sum.Lost, sum.Doubled = sum.Commands+r.Commands, sum.Errors+r.Errors, sum.Lost+r.Lost, sum.Doubled+r.Doubled
		sum.renewals, sum.cuts = sum.renewals+r.renewals, sum.cuts+r.cuts
	}
	return fmt.Sprintf("%d runs of %d clients, %d commands, %d renewals; %d errors, %d lost, %d doubled, %d cuts",
		len(results), len(clients), sum.Commands, sum.renewals, sum.Errors, sum.Lost, sum.Doubled, sum.cuts)
}
