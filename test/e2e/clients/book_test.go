package main

import (
	"errors"
	"testing"
)

// What the table reports is only worth something if the books notice.
func TestBooks(t *testing.T) {
	cut := errors.New("EOF")
	for name, test := range map[string]struct {
		replies       []any // numbers and errors
		lost, doubled int64
	}{
		"right":                {replies: []any{1, 2, 3}},
		"error, not done":      {replies: []any{1, cut, 2}},
		"error, done":          {replies: []any{1, cut, 3}},
		"done twice":           {replies: []any{1, 3}, doubled: 1},
		"error, done twice":    {replies: []any{1, cut, 4}, doubled: 1},
		"acknowledged, undone": {replies: []any{1, 2, 2}, lost: 1},
		"all gone":             {replies: []any{1, 2, 3, 1}, lost: 3},
	} {
		c := counter{book: &book{}}
		for _, r := range test.replies {
			switch r := r.(type) {
			case int:
				c.took(1, int64(r), nil)
			case error:
				c.took(1, 0, r)
			}
		}
		if c.lost != test.lost || c.book.doubled != test.doubled || c.commands != int64(len(test.replies)) {
			t.Errorf("%s: lost %d, doubled %d of %d; want %+v", name, c.lost, c.book.doubled, c.commands, test)
		}
	}
	s := sequence{book: &book{}, seen: map[int]bool{}}
	for _, n := range []int{0, 1, 1, 3} {
		s.received(n)
	}
	if s.end(5); s.lost != 2 || s.doubled != 1 {
		t.Errorf("lost %d, doubled %d, want 2 and 1", s.lost, s.doubled)
	}
}
