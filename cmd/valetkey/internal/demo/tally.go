package demo

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// A tally counts what the application did and what went wrong.
type tally struct {
	commands, failed, lost atomic.Int64

	mu    sync.Mutex
	error error // the first
}

// lost is an error: this many messages or increments did not arrive.
type lost int64

func (l lost) Error() string {
	return fmt.Sprintf("messages or increments that did not arrive: %d", int64(l))
}

// add takes note of so many commands and, unless nil, of what was wrong with their replies. It reports whether nothing was.
func (t *tally) add(commands int, err error) bool {
	t.commands.Add(int64(commands))
	if err == nil {
		return true
	}
	if n, ok := errors.AsType[lost](err); ok {
		t.lost.Add(int64(n))
	} else {
		t.failed.Add(1)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.error == nil {
		t.error = err
	}
	return false
}

// first is the first error, "" if there was none.
func (t *tally) first() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.error == nil {
		return ""
	}
	return t.error.Error()
}
