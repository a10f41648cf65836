package demo

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Terminal says how to draw on one.
type Terminal struct {
	// Width returns the number of columns at the moment.
	Width func() int
	// Colour allows colours.
	Colour bool
}

// The colours of a table, as parameters of the terminal's SGR sequence.
const (
	good  = "32"
	bad   = "1;31"
	faint = "2"
)

const barWidth = 30

// A table shows the counts in place. It writes each picture at once and erases nothing before it is overwritten, so that
// nothing flickers.
type table struct {
	Terminal
	w        io.Writer
	duration time.Duration
	drawn    int // lines that are on the screen
}

// A row has a name, a value and what the value means.
type row struct{ name, value, note, colour string }

func (t *table) show(c Counts) {
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, "\r\x1b[%dA", t.drawn)
	}
	picture := append(t.rows(c), t.bar(c))
	for _, line := range picture {
		b.WriteString(line + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	t.drawn = len(picture)
	_, _ = io.WriteString(t.w, b.String()) // a screen that is gone is no reason to stop
}

func (t *table) end(c Counts) {
	t.show(c)
	_, _ = io.WriteString(t.w, "\n")
}

func (t *table) rows(c Counts) []string {
	var all []string
	for _, r := range []row{
		{"token age", c.TokenAge.String(), fmt.Sprintf("number %d; each is good for %v", c.Tokens, TokenLife), ""},
		{"connections", strconv.Itoa(c.Open), fmt.Sprintf("oldest login %v ago; cut after %v", c.LoginAge, SessionLimit), ""},
		{"renewals", thousands(c.Renewals), "the server has seen " + thousands(c.Seen), ""},
		{"commands", thousands(c.Commands), "GET/SET, pipelines, MULTI, pub/sub, blocking reads", ""},
		{"failed", thousands(c.Failed), "errors and wrong replies", alarm(c.Failed)},
		{"lost", thousands(c.Lost), "messages and increments that did not arrive", alarm(c.Lost)},
		{"cut", thousands(c.Cut), fmt.Sprintf("without renewals it would be %s by now", thousands(c.Outlived)), alarm(c.Cut)},
	} {
		all = append(all, t.line(r))
	}
	return all
}

func alarm(n int64) string {
	if n > 0 {
		return bad
	}
	return good
}

// line is a row, no wider than the terminal: a line that wraps could not be overwritten.
func (t *table) line(r row) string {
	left, note := fmt.Sprintf("  %-11s ", r.name), "  "+r.note
	value := fmt.Sprintf("%10s", r.value)
	room := t.Width() - 1 - len(left) - len(value)
	if room < 0 {
		return t.cut(left+value, t.Width()-1)
	}
	return left + t.paint(r.colour, value) + t.paint(faint, t.cut(note, room))
}

func (t *table) bar(c Counts) string {
	share := min(1, float64(c.Elapsed)/float64(max(t.duration, 1)))
	full := int(share * barWidth)
	text := fmt.Sprintf("  [%s%s] %v of %v", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), c.Elapsed, t.duration)
	if share < 1 {
		text += "; Ctrl-C ends it"
	}
	return t.cut(text, t.Width()-1)
}

func (t *table) cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:max(width, 0)])
}

func (t *table) paint(colour, s string) string {
	if !t.Colour || colour == "" || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
