package main

import "sync"

// A book keeps what a cell's commands came to.
type book struct {
	mu       sync.Mutex
	commands int64
	errors   int64
	lost     int64
	doubled  int64
	first    error
}

// sent counts commands that were sent together, and what they failed with.
func (b *book) sent(commands int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commands += commands
	if err == nil {
		return
	}
	b.errors++
	if b.first == nil {
		b.first = err
	}
}

func (b *book) wrong(lost, doubled int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost += lost
	b.doubled += doubled
}

// A counter is a key that one goroutine alone increments. Of each reply it is known what it must be; after an error, whether
// the increment was carried out is not, and either is right.
type counter struct {
	*book
	last  int64 // acknowledged
	doubt int64 // errors since
}

func (c *counter) took(commands, got int64, err error) {
	c.sent(commands, err)
	if err != nil {
		c.doubt++
		return
	}
	switch want := c.last + 1; {
	case got < want:
		c.wrong(want-got, 0)
	case got > want+c.doubt:
		c.wrong(0, got-want-c.doubt)
	}
	c.last, c.doubt = got, 0
}

// A sequence is what a reader receives of messages that were numbered 0, 1, 2 … and sent once each.
type sequence struct {
	*book
	mu   sync.Mutex
	seen map[int]bool
}

// received takes note of a message.
func (s *sequence) received(n int) {
	s.mu.Lock()
	again := s.seen[n]
	s.seen[n] = true
	s.mu.Unlock()
	if again {
		s.wrong(0, 1)
	}
}

func (s *sequence) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// end counts those missing of total.
func (s *sequence) end(total int) { s.wrong(int64(total-s.count()), 0) }
