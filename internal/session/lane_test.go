package session

import "testing"

// step has the client send a request, which is passed on as it is, and the server answer.
func step(t *testing.T, m *Machine, request, reply string) {
	t.Helper()
	if n, out, need, err := m.Request([]byte(request), false); n != len(request) || string(out) != request || need != None || err != nil {
		t.Fatalf("%q: %d bytes taken, %q to send, need %v (%v)", request, n, out, need, err)
	}
	if out, err := m.Reply([]byte(reply)); string(out) != reply || err != nil {
		t.Fatalf("%q: the client gets %q (%v)", reply, out, err)
	}
}

// An ordinary request ends a one-shot state, and the lines of MONITOR answer none.
func TestOrdinaryRequestsAmongOthers(t *testing.T) {
	m := New("app", true)
	step(t, m, cmd("ASKING"), "+OK\r\n")
	if b := m.Blocker(); b != OneShot {
		t.Errorf("behind ASKING the connection is %q, want %q", b, OneShot)
	}
	step(t, m, cmd("GET", "k"), "$-1\r\n")
	if b := m.Blocker(); b != Free {
		t.Errorf("behind the request that ASKING was for the connection is %q, want it free", b)
	}
	step(t, m, cmd("MONITOR")+cmd("GET", "k"), "+OK\r\n+1700000000.1 \"GET\" \"k\"\r\n")
	if m.Settled() {
		t.Error("a line of MONITOR was taken for the reply to a request")
	}
	step(t, m, "", "-ERR not now\r\n")
	if !m.Settled() {
		t.Error("the reply to a request was taken for a line of MONITOR")
	}
}
