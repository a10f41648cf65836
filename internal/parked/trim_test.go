package parked

import (
	"bytes"
	"crypto/tls"
	"io"
	"testing"
)

// What crypto/tls has received into can be dropped between two records, and only there. Should this fail with a new version of Go, Trim no longer
// finds its way about in crypto/tls.
func TestTrim(t *testing.T) {
	near, far := pair(t)
	server, client := tls.Server(far, serverConfig(t)), tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	value := bytes.Repeat([]byte("0123456789abcdef"), 1000) // one record
	go func() {
		for range 3 {
			server.Write(value)
		}
	}()
	got := make([]byte, len(value))
	for i := range 3 {
		if _, err := io.ReadFull(client, got[:10]); err != nil {
			t.Fatal(err)
		}
		if Trim(client) {
			t.Fatal("the rest of a record was dropped")
		}
		if _, err := io.ReadFull(client, got[10:]); err != nil || !bytes.Equal(got, value) {
			t.Fatalf("record %d: %.40q (%v)", i, got, err)
		}
	}
	if !Trim(client) {
		t.Error("behind the last record nothing was dropped")
	}
	if Trim(client) {
		t.Error("it was dropped twice")
	}
	go server.Write(value)
	if _, err := io.ReadFull(client, got); err != nil || !bytes.Equal(got, value) {
		t.Fatalf("behind what was dropped: %.40q (%v)", got, err)
	}
}
