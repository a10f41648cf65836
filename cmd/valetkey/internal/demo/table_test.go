package demo

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the pictures instead of comparing them")

// A picture keeps its escape sequences visible: what is compared is every byte.
func picture(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	got = strings.NewReplacer("\x1b", "<ESC>", "\r", "<CR>").Replace(got)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is drawn now:\n%s\nIf that is right: go test ./cmd/valetkey/internal/demo -run %s -update", file, got, t.Name())
	}
}

func screen(width int, colour bool) (*table, *bytes.Buffer) {
	var b bytes.Buffer
	return &table{w: &b, duration: 20 * time.Second, Terminal: Terminal{Width: func() int { return width }, Colour: colour}}, &b
}

// halfway is a run with something to be alarmed about.
func halfway() Counts {
	c := kept().Counts
	c.Elapsed, c.Lost = Seconds(10*time.Second), 3
	return c
}

func TestTable(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		table, b := screen(80, false)
		table.show(halfway())
		picture(t, "plain.txt", b.String())
	})
	t.Run("colour", func(t *testing.T) {
		table, b := screen(80, true)
		table.show(halfway())
		picture(t, "colour.txt", b.String())
	})
	t.Run("redrawn", func(t *testing.T) {
		table, b := screen(80, false)
		table.show(halfway())
		b.Reset()
		table.end(kept().Counts)
		picture(t, "redrawn.txt", b.String())
	})
}

// A line that is wider than the terminal would wrap, and the next picture would start too low.
func TestTableFitsTheTerminal(t *testing.T) {
	for width := range 100 {
		table, b := screen(width, false)
		table.show(halfway())
		for line := range strings.Lines(b.String()) {
			line = strings.NewReplacer("\x1b[K", "", "\x1b[J", "", "\n", "").Replace(line)
			if len(line) >= max(width, 1) {
				t.Fatalf("%d columns: %q", width, line)
			}
		}
	}
}

// Where nothing can be redrawn, a line is written now and then, and only plain text.
func TestLines(t *testing.T) {
	var b bytes.Buffer
	l := lines{w: &b, every: 3 * time.Second}
	c := kept().Counts
	for at := time.Duration(0); at < 10*time.Second; at += 200 * time.Millisecond {
		c.Elapsed = Seconds(at)
		l.show(c)
	}
	const rest = ": 12 connections, 1144 renewals, 141,203 commands, 0 failed, 0 lost, 0 cut\n"
	if want := "3.0s" + rest + "6.0s" + rest + "9.0s" + rest; b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
}
