package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process is looked at from outside, as the system accounts for it. Linux only.
type process int

// cpu is the time that its threads have run so far, in the system too.
func (p process) cpu() (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p))
	if err != nil || len(tasks) == 0 {
		return 0, errors.Join(err, fmt.Errorf("process %d has no threads in /proc", p))
	}
	var sum time.Duration
	for _, t := range tasks {
		content, err := os.ReadFile(t)
		if err != nil {
			continue // a thread that has just ended
		}
		ran, _, _ := strings.Cut(string(content), " ")
		n, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t, err)
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// resident is how many bytes of memory it has.
func (p process) resident() (int64, error) {
	path := fmt.Sprintf("/proc/%d/smaps_rollup", p)
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "Rss:" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no Rss", path)
}
