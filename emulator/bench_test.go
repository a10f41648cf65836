package emulator_test

import (
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
)

// BenchmarkAuth is AUTH on one plaintext connection, fifty in a batch to keep the network out of it: by a token on the emulator, by a password on it, and by a password on a
// plain valkey-server.
func BenchmarkAuth(b *testing.B) {
	s := emulator.New(b, quiet, func(c *emulatorConfig) {
		c.NoTLS = true
		c.Users = []emulator.User{{Name: "app"}, {Name: "batch", Passwords: []string{stockPassword}}}
	})
	for _, c := range []struct {
		name, user, secret string
		w                  *wire
	}{
		{"emulator-token", "app", token(b, s), dial(b, s)},
		{"emulator-password", "batch", stockPassword, dial(b, s)},
		{"valkey-password", "app", stockPassword, dialPlain(b, stockServer(b))},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.w.TB = b
			const size = 50
			batch := strings.Repeat(commands([]string{"AUTH", c.user, c.secret}), size)
			for b.Loop() {
				c.w.raw(batch)
				for range size {
					c.w.wantNext("+OK")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/AUTH")
		})
	}
}
