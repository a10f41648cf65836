package farm

import (
	"os"
	"testing"
	"time"
)

// A cluster answers with the emulators' addresses, and its replicas follow their masters.
func TestCluster(t *testing.T) {
	if !Installed() {
		if os.Getenv("CI") == "true" || os.Getenv("VALETKEY_REQUIRE_ALL") == "1" {
			t.Fatal("valkey-server is missing, and no test may be left out here")
		}
		t.Skip("not run: valkey-server (Debian: apt install valkey-server) is missing")
	}
	f, err := Start(Options{Masters: 3, Replicas: 1, Session: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Do("SET", "key", "value"); err != nil {
		t.Error(err)
	}
	for _, n := range f.Nodes {
		table, err := n.Admin.Do("CLUSTER", "SLOTS")
		if err != nil || !f.names(table) {
			t.Errorf("%s says %q, %v", n.Addr, table, err)
		}
	}
	if _, err := f.Nodes[0].Admin.Do("WAIT", "1", "10000"); err != nil {
		t.Error(err)
	}
}
