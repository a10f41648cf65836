package valetkey

import (
	"slices"
	"testing"
	"time"
)

// A roster finds each of its connections again whatever has left before, and its timer goes with the last.
func TestRosterForgetsWhoLeaves(t *testing.T) {
	var r roster
	all := make([]*Conn, 5)
	for i := range all {
		all[i] = &Conn{}
		r.add(all[i], time.Hour)
	}
	for _, i := range []int{1, 1, 4, 0, 2, 3} {
		r.remove(all[i])
		r.rearm(all[i], time.Nanosecond) // too late: it would tick a connection that is closed
		if r.next < time.Hour || slices.Contains(r.open(), all[i]) {
			t.Fatalf("connection %d is still listed", i)
		}
		for _, c := range r.open() {
			if !r.lists(c) {
				t.Fatalf("without connection %d another is not found", i)
			}
		}
	}
	if len(r.open()) != 0 || r.timer.Stop() {
		t.Error("the timer outlives the last connection")
	}
}
