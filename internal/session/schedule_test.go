package session

import (
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	s, err := NewSchedule(0, 0, 0)
	want := Schedule{After: 6 * time.Hour, By: 11 * time.Hour, Close: 11*time.Hour + 45*time.Minute}
	if err != nil || s != want {
		t.Errorf("the defaults are %+v, %v, want %+v", s, err, want)
	}
	s, err = NewSchedule(48*time.Second, 10*time.Second, 20*time.Second)
	if err != nil || s != (Schedule{10 * time.Second, 20 * time.Second, 47 * time.Second}) {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range [][3]time.Duration{{time.Hour, 50 * time.Minute, 40 * time.Minute}, {time.Hour, 0, time.Hour}, {time.Hour, 2 * time.Hour, 0}, {0, 0, time.Hour}} {
		if s, err := NewSchedule(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v is accepted as %+v", bad, s)
		}
	}
}

// Connections made together are renewed apart, none of them later than is asked for.
func TestSpread(t *testing.T) {
	s, _ := NewSchedule(0, 0, 0)
	if s.Spread(0) != s {
		t.Errorf("without luck %+v", s.Spread(0))
	}
	if got := s.Spread(0.5); got.After != s.After*95/100 || got.By != s.By*99/100 || got.Close != s.Close {
		t.Errorf("with half the luck %+v", got)
	}
	s, _ = NewSchedule(0, time.Hour, time.Hour)
	for _, luck := range []float64{0, 0.3, 0.999} {
		if got := s.Spread(luck); got.After > got.By {
			t.Errorf("luck %v: after %v, by %v", luck, got.After, got.By)
		}
	}
}

func TestRetry(t *testing.T) {
	s, _ := NewSchedule(0, 0, 0)
	for n, want := range map[int]time.Duration{0: 10 * time.Second, 1: 20 * time.Second, 5: 320 * time.Second, 6: 10 * time.Minute, 1000: 10 * time.Minute} {
		if got := s.Retry(n); got != want {
			t.Errorf("attempt %d after %v, want %v", n, got, want)
		}
	}
}
