package farm

import (
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/needs"
)

// A cluster answers with the emulators' addresses, and its replicas follow their masters.
func TestCluster(t *testing.T) {
	needs.Server(t)
	f, err := Start(Options{Masters: 3, Replicas: 1, Session: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Do("SET", "key", "value"); err != nil {
		t.Error(err)
	}
	for _, n := range f.Nodes {
		table, err := n.Do("CLUSTER", "SLOTS")
		if err != nil || !f.names(table) {
			t.Errorf("%s says %q, %v", n.Addr, table, err)
		}
	}
	if _, err := f.Nodes[0].Do("WAIT", "1", "10000"); err != nil {
		t.Error(err)
	}
}
