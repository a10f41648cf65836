package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/verify"
)

func TestStaticKeys(t *testing.T) {
	given := []verify.Key{{ID: "a", Secret: "1"}, {ID: "b", Secret: "2"}, {ID: "a", Secret: "3"}}
	keys := verify.NewStaticKeys(given...)
	given[1].Secret = "changed"
	for id, secret := range map[string]string{"a": "3", "b": "2"} {
		if k, ok := keys.Key(id); !ok || k.Secret != secret {
			t.Errorf("%s: got %q, %v", id, k.Secret, ok)
		}
	}
	if _, ok := keys.Key("c"); ok {
		t.Error("found a key that is not there")
	}
}

// No way of printing a key, or what holds one, shows its secrets.
func TestKeysDoNotPrint(t *testing.T) {
	key := verify.Key{ID: "AKIAX", Secret: "hush-secret", SessionToken: "hush-session"}
	holder := struct{ keys verify.StaticKeys }{verify.NewStaticKeys(key)}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{key, &key, []verify.Key{key}, holder, verify.Verifier{Keys: holder.keys}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", key, "verifier", verify.Verifier{Keys: holder.keys})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "key", key)
	if err := json.NewEncoder(&out).Encode(key); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); strings.Contains(s, "hush") || strings.Contains(s, fmt.Sprintf("%x", "hush")) || !strings.Contains(s, "AKIAX") {
		t.Errorf("got %s", s)
	}
}
