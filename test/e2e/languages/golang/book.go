package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"sync"
	"time"
)

// patience is how long the last messages may take.
const patience = 10 * time.Second

// A book is one run: what was asked, what came back, and what should have.
type book struct {
	end           time.Time
	channel, list *messages

	mu                       sync.Mutex
	commands, rounds, errors int
	first                    string
}

// messages are numbered.
type messages struct {
	book *book
	mu   sync.Mutex
	sent int
	seen map[int]int
	last int
	// unordered messages may overtake each other in the client.
	unordered bool
}

func newBook(d time.Duration) *book {
	b := &book{end: time.Now().Add(d)}
	b.channel = &messages{book: b, seen: map[int]int{}, last: -1}
	b.list = &messages{book: b, seen: map[int]int{}, last: -1}
	return b
}

func (b *book) open() bool { return time.Now().Before(b.end) }

func (b *book) check(what string, got, want any) {
	b.mu.Lock()
	b.commands++
	b.mu.Unlock()
	if !reflect.DeepEqual(got, want) {
		b.fail(fmt.Errorf("%s: got %.200v, want %.200v", what, got, want))
	}
}

func (b *book) fail(err error) {
	if err == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.errors++; b.first == "" {
		b.first = err.Error()
	}
}

// send returns the number of the next message.
func (m *messages) send() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent++
	return strconv.Itoa(m.sent - 1)
}

func (m *messages) receive(text string) {
	n, err := strconv.Atoi(text)
	if err != nil {
		m.book.fail(fmt.Errorf("message: %w", err))
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen[n]++; n < m.last && !m.unordered {
		m.book.fail(fmt.Errorf("message %d came after %d", n, m.last))
	}
	m.last = n
}

// arrived reports whether all have arrived, or have had the time to.
func (m *messages) arrived() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.seen) >= m.sent || time.Since(m.book.end) > patience
}

func (m *messages) tally() (lost, doubled int) {
	for n := range m.sent {
		if m.seen[n] == 0 {
			lost++
		}
		doubled += max(0, m.seen[n]-1)
	}
	return lost, doubled
}

// print writes the run on one line.
func (b *book) print(w io.Writer, client, version string) error {
	lost, doubled := b.channel.tally()
	l, d := b.list.tally()
	return json.NewEncoder(w).Encode(map[string]any{
		"client": client, "version": version, "commands": b.commands, "rounds": b.rounds, "messages": b.channel.sent + b.list.sent,
		"errors": b.errors, "lost": lost + l, "doubled": doubled + d, "first": b.first,
	})
}
