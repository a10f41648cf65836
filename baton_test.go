package valetkey

import (
	"sync"
	"testing"
)

// Many who contend for a baton all get it, one at a time, and nobody is left waiting.
func TestBatonReachesEverybody(t *testing.T) {
	var b baton
	var held int // guarded by b
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				take(&b)
				held++
				b.release()
			}
		})
	}
	wg.Wait()
	if held != 8*2000 {
		t.Errorf("held %d times, want %d: two held it at once", held, 8*2000)
	}
}

func take(b *baton) {
	for !b.try() {
		news := b.wait()
		if !b.freeFor(8) {
			<-news
		}
		b.leave()
	}
}

// One who goes last does so behind a waiter, and is told when that one leaves.
func TestBatonLast(t *testing.T) {
	var b baton
	first := b.wait()
	if b.tryLast() {
		t.Fatal("taken while somebody waits")
	}
	second := b.wait()
	b.leave()
	<-first
	<-second
	b.leave()
	if !b.tryLast() || b.try() {
		t.Error("free and alone, but not taken once")
	}
}

// A signal reaches those who waited before it and those who come later.
func TestSignal(t *testing.T) {
	var s signal
	before := s.done()
	if s.given() {
		t.Fatal("given before it was")
	}
	nothing := func() {}
	if !s.give(nothing) || s.give(nothing) {
		t.Error("not given exactly once")
	}
	<-before
	<-s.done()
	var late signal
	late.give(nothing)
	<-late.done()
	if !s.given() {
		t.Error("not given")
	}
}
