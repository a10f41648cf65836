package seeded

import (
	"runtime"
	"testing"
	"time"
)

// A failing notes that a test was failed, and ends it as a test does.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Fatalf(string, ...any) { f.failed = true; runtime.Goexit() }
func (f *failing) Logf(string, ...any)   {}
func (f *failing) Helper()               {}

// fails reports whether do fails the test that it is given.
func fails(do func(testing.TB)) bool {
	var f failing
	done := make(chan struct{})
	go func() { defer close(done); do(&f) }()
	<-done
	return f.failed
}

func TestSeed(t *testing.T) {
	t.Setenv("VALETKEY_SEED", "")
	if a, b := Seed(t), Seed(t); a == b {
		t.Errorf("the seed is %d twice", a)
	}
	t.Setenv("VALETKEY_SEED", "7")
	if got := Seed(t); got != 7 {
		t.Errorf("seed %d, want 7", got)
	}
	t.Setenv("VALETKEY_SEED", "seven")
	if !fails(func(t testing.TB) { Seed(t) }) {
		t.Error("a seed that is no number is taken")
	}
}

func TestDuration(t *testing.T) {
	const name = "VALETKEY_CHECKER"
	t.Setenv(name, "")
	if got := Duration(t, name, time.Second); got != time.Second {
		t.Errorf("%v, want what it is otherwise", got)
	}
	t.Setenv(name, "10m")
	if got := Duration(t, name, time.Second); got != 10*time.Minute {
		t.Errorf("%v, want 10m", got)
	}
	t.Setenv(name, "10")
	if !fails(func(t testing.TB) { Duration(t, name, time.Second) }) {
		t.Error("a duration without a unit is taken")
	}
}
