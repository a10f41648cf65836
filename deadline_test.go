package valetkey

import (
	"testing"
	"testing/synctest"
	"time"
)

// passesAfter waits for a deadline and returns how long that took; never if it does not pass within a minute.
func passesAfter(d *deadline) time.Duration {
	gone, stop := d.wait()
	defer stop()
	start := time.Now()
	select {
	case <-gone:
		return time.Since(start)
	case <-time.After(time.Minute):
		return never
	}
}

func TestDeadline(t *testing.T) {
	for name, c := range map[string]struct {
		first time.Duration // 0 for none
		moves map[time.Duration]time.Duration
		want  time.Duration
	}{
		"none":              {want: never},
		"passes":            {first: time.Second, want: time.Second},
		"has passed":        {first: -time.Second, want: 0},
		"is set meanwhile":  {moves: map[time.Duration]time.Duration{time.Second: 3 * time.Second}, want: 3 * time.Second},
		"moved later":       {first: time.Second, moves: map[time.Duration]time.Duration{500 * time.Millisecond: 3 * time.Second}, want: 3 * time.Second},
		"moved earlier":     {first: 9 * time.Second, moves: map[time.Duration]time.Duration{time.Second: 2 * time.Second}, want: 2 * time.Second},
		"moved to the past": {first: 9 * time.Second, moves: map[time.Duration]time.Duration{time.Second: -time.Second}, want: time.Second},
		"taken away":        {first: 2 * time.Second, moves: map[time.Duration]time.Duration{time.Second: 0}, want: never},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d deadline
				start := time.Now()
				at := func(after time.Duration) time.Time {
					if after == 0 {
						return time.Time{}
					}
					return start.Add(after)
				}
				d.set(at(c.first))
				for when, to := range c.moves {
					time.AfterFunc(when, func() { d.set(at(to)) })
				}
				if got := passesAfter(&d); got != c.want {
					t.Errorf("passed after %v, want %v", got, c.want)
				}
				if over := d.over(); over != (c.want != never) {
					t.Errorf("over: %v", over)
				}
				if d.wake != nil {
					t.Error("keeps what it needs for waiting")
				}
			})
		})
	}
}

// A deadline that has passed for one who waits, and is moved then, stands for the next.
func TestDeadlineMovedAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d deadline
		d.set(time.Now().Add(time.Second))
		gone, stop := d.wait()
		<-gone
		d.set(time.Now().Add(time.Second))
		if got := passesAfter(&d); got != time.Second {
			t.Errorf("passed after %v for the second, want 1 s", got)
		}
		stop()
	})
}
