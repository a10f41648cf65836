package demo

import (
	"fmt"
	"io"
	"time"
)

// lines shows the counts where they cannot be redrawn: a line now and then.
type lines struct {
	w     io.Writer
	every time.Duration
	next  time.Duration
}

func (l *lines) show(c Counts) {
	if time.Duration(c.Elapsed) < l.next+l.every {
		return
	}
	l.next += l.every
	fmt.Fprintf(l.w, "%v: %d connections, %d renewals, %s commands, %d failed, %d lost, %d cut\n",
		c.Elapsed, c.Open, c.Renewals, thousands(c.Commands), c.Failed, c.Lost, c.Cut)
}

func (l *lines) end(Counts) {}
