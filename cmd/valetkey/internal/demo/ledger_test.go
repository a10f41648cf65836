package demo

import (
	"testing"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

func TestLedger(t *testing.T) {
	l, start := newLedger(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	after := func(d time.Duration) time.Time { return start.Add(d) }
	if got := l.read(start); got != (page{}) {
		t.Errorf("nothing happened, but %+v", got)
	}
	for _, e := range []emulator.Event{
		{Kind: emulator.Connected, Conn: 1, Time: start},
		{Kind: emulator.Authenticated, Conn: 1, Time: start, TokenExpires: after(TokenLife)},
		{Kind: emulator.Authenticated, Conn: 2, Time: after(time.Second), TokenExpires: after(TokenLife)}, // the same token
		{Kind: emulator.Renewed, Conn: 1, Time: after(2 * time.Second), TokenExpires: after(2*time.Second + TokenLife)},
		{Kind: emulator.Authenticated, Conn: 1, Time: after(2 * time.Second), TokenExpires: after(2*time.Second + TokenLife)}, // after RESET
		{Kind: emulator.Closed, Conn: 3, Time: after(4 * time.Second)},                                                        // never logged in
		{Kind: emulator.Closed, Conn: 2, Time: after(time.Second + 2*SessionLimit)},
	} {
		l.record(e)
	}
	for at, want := range map[time.Duration]page{
		SessionLimit - 1: {tokens: 2, outlived: 2, tokenAge: SessionLimit - 1 - 2*time.Second},
		SessionLimit:     {tokens: 2, outlived: 3, tokenAge: SessionLimit - 2*time.Second},
		4 * SessionLimit: {tokens: 2, outlived: 6, tokenAge: 4*SessionLimit - 2*time.Second},
	} {
		if got := l.read(after(at)); got != want {
			t.Errorf("after %v: got %+v, want %+v", at, got, want)
		}
	}
}
