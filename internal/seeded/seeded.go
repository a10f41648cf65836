// Package seeded says by what a randomised test makes things up, and for how long, so that a run can be repeated or go on for longer.
package seeded

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// Seed is VALETKEY_SEED, or another one each time, and prints it.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64() >> 32
	if s := os.Getenv("VALETKEY_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("VALETKEY_SEED: %v", err)
		}
	}
	t.Logf("VALETKEY_SEED=%d", seed)
	return seed
}

// Duration is what the variable says, or otherwise.
func Duration(t testing.TB, variable string, otherwise time.Duration) time.Duration {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return otherwise
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return d
}
