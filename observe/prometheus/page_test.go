// Code generated from observe/otel by go generate. DO NOT EDIT.

package valetkeyprom

import (
	"os"
	"strings"
	"testing"
)

// page returns the cells of each row of docs/reference/metrics.md that starts with a name in code, five of a metric and three
// of a label's value.
func page(t *testing.T) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/reference/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cell, "`", ""))
		}
		rows = append(rows, cells)
	}
	return rows
}
