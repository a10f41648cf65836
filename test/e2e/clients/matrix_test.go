package main

import (
	"slices"
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/needs"
	"github.com/valetkey/valetkey/internal/twin"
)

func runCells(t *testing.T, m *matrix, all []cell) []result {
	t.Helper()
	needs.Server(t)
	results, err := m.run(t.Context(), all, func(r result) { t.Logf("%s: %s", r.cell, r.numbers()) })
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// The short form of what make clients does: every client, in every way, through a few sessions.
func TestClients(t *testing.T) {
	m := &matrix{session: 6 * time.Second, lifetimes: 4, parallel: 100} // seconds to spare: a machine that others use keeps an AUTH waiting for two
	if err := verdict(runCells(t, m, cells(false))); err != nil {
		t.Error(err)
	}
}

// Connections to two nodes may have the same number and come from the same address.
func TestWiresAreToldApart(t *testing.T) {
	m := &matrix{seen: map[string]map[emulator.Kind]int64{}, renewed: map[wire]bool{}, lapsed: map[string]int64{}}
	m.observe("localhost:1", emulator.Event{Kind: emulator.Renewed, Conn: 7, User: "a"})
	for _, node := range []string{"localhost:1", "localhost:2"} {
		m.observe(node, emulator.Event{Kind: emulator.Expired, Conn: 7, User: "a"})
	}
	if n := m.lapsed["a"]; n != 1 {
		t.Errorf("%d connections were cut though renewed before, want the one", n)
	}
}

// No client is missing in what is built here; this stands in the list of what did not run for those that are.
func TestEveryClientIsThere(t *testing.T) {
	for _, d := range drivers() {
		needs.That(t, d.missing == "", d.name+" ("+d.missing+")")
	}
}

// The same load shows what goes wrong when nobody authenticates again: each cell has connections cut, and each client loses commands or
// messages in some of them (a cut between two commands does no harm, so not in every one each time).
func TestNeglect(t *testing.T) {
	var all []cell
	for _, d := range drivers() {
		all = append(all, cellsOf(d, never)...)
	}
	all = slices.DeleteFunc(all, func(c cell) bool {
		return c.cluster || c.workload.caching || c.driver.kept && c.workload.outlasts // for which nothing can be done anyway
	})
	harm := map[string]int64{}
	for _, r := range runCells(t, &matrix{session: time.Second, lifetimes: 4, parallel: 100}, all) {
		harm[r.driver.name] += r.Errors + r.Lost
		if r.Cuts == 0 || r.clean() {
			t.Errorf("%s: nothing went wrong: %s", r.cell, r.numbers())
		}
	}
	for client, n := range harm {
		if n == 0 {
			t.Errorf("%s lost nothing in any cell", client)
		}
	}
}

// rueidis.go is what go generate makes of valkeygo.go.
func TestGenerated(t *testing.T) { twin.Check(t, "rueidis.go") }
