package valkeyserver

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// journalLines is how much of a server's log is kept for those who wait for a line of it.
const journalLines = 1000

// A journal is a server's log: what it writes is read at once, so that it never waits for a reader. Safe for concurrent use.
type journal struct {
	mu      sync.Mutex
	rest    []byte // of a line that has not ended
	lines   []string
	told    string // the version, once the server has said it
	last    string
	over    bool
	changed chan struct{} // closed and replaced at each change
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

// Write takes what the server says.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rest = append(j.rest, p...)
	for {
		line, rest, whole := bytes.Cut(j.rest, []byte("\n"))
		if !whole {
			break
		}
		j.rest = rest
		j.add(string(line))
	}
	j.change()
	return len(p), nil
}

func (j *journal) add(line string) {
	if strings.TrimSpace(line) != "" {
		j.last = line
	}
	if m := regexp.MustCompile(`\b[Vv]ersion=([^,\s]+)`).FindStringSubmatch(line); m != nil && j.told == "" {
		j.told = m[1]
	}
	if j.lines = append(j.lines, line); len(j.lines) > journalLines {
		j.lines = j.lines[len(j.lines)-journalLines:]
	}
}

func (j *journal) change() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// end notes that the server has ended.
func (j *journal) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.over = true
	j.change()
}

// await returns when there is a line with the text. It takes the line and all before it.
func (j *journal) await(ctx context.Context, text string) error {
	for {
		found, over, last, changed := j.look(text)
		switch {
		case found:
			return nil
		case over:
			return fmt.Errorf("the server ended before it said %q; its last words: %s", text, last)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the server has not said %q: %w; its last words: %s", text, ctx.Err(), last)
		}
	}
}

func (j *journal) look(text string) (found, over bool, last string, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, line := range j.lines {
		if strings.Contains(line, text) {
			j.lines = j.lines[i+1:]
			return true, j.over, j.last, j.changed
		}
	}
	return false, j.over, j.last, j.changed
}

// version is the program with its version, "" if the server has not said it.
func (j *journal) version(program string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.told == "" {
		return ""
	}
	return program + " " + j.told
}
