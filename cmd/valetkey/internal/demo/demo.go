// Package demo shows connections that outlive their tokens and their sessions: an application, a cache that wants IAM tokens,
// and the dialer between them, in one process and with AWS's hours scaled down to seconds.
package demo

import (
	"context"
	"fmt"
	"io"
	"time"
)

// The limits of AWS, scaled down. X-Amz-Date has no fractions of a second, so a token cannot live much shorter.
const (
	TokenLife    = 2 * time.Second // 15 minutes at AWS
	SessionLimit = 3 * time.Second // 12 hours at AWS
)

const (
	refresh = 200 * time.Millisecond // of the view
	settle  = 2 * time.Second        // the longest that the last renewals may take to be counted at both ends
)

// A Demo is one run. Use it once.
type Demo struct {
	// Duration is how long the application works; at least SessionLimit, or there is nothing to see.
	Duration time.Duration
	// Screen is for whom watches.
	Screen io.Writer
	// Terminal says how to draw on Screen; nil means that it is no terminal, and gets a line now and then.
	Terminal *Terminal
}

// A view shows the counts while they change.
type view interface {
	show(Counts)
	end(Counts)
}

// Run runs the demonstration until its duration is over or ctx ends, which both lead to a result. The error is for one that
// could not begin.
func (d *Demo) Run(ctx context.Context) (Result, error) {
	e, note := findEngine(ctx)
	defer e.stop()
	s, err := newStage(e)
	if err != nil {
		return Result{}, fmt.Errorf("demo: %w", err)
	}
	defer s.close()
	fmt.Fprintf(d.Screen, "%s%s\n\n", s.introduction(d.Duration), note)
	return s.play(ctx, d.Duration, d.view()), nil
}

func (d *Demo) view() view {
	if d.Terminal != nil {
		return &table{w: d.Screen, Terminal: *d.Terminal, duration: d.Duration}
	}
	return &lines{w: d.Screen, every: max(SessionLimit, d.Duration/10)}
}

// introduction tells in two lines what is about to be seen.
func (s *stage) introduction(d time.Duration) string {
	behind := "the embedded engine"
	if s.engine != nil {
		behind = s.engine.name
	}
	return fmt.Sprintf("Scaled down: a token lives %v (AWS: 15 minutes), a session %v (AWS: 12 hours).\n"+
		"For %v go-redis uses %s through valetkey's dialer and checks each reply.",
		TokenLife, SessionLimit, d, behind)
}

// play lets the application work for d and judges what came of it.
func (s *stage) play(ctx context.Context, d time.Duration, v view) Result {
	began := time.Now()
	running, stop := context.WithTimeout(ctx, d)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.work.run(running)
	}()
	s.watch(done, began, v)
	s.await(settle)
	r := Result{Engine: s.engineName(), Interrupted: ctx.Err() != nil, Counts: s.counts(time.Since(began)), FirstError: s.work.tally.first()}
	v.end(r.Counts)
	r.judge()
	return r
}

// watch shows the counts until done is closed.
func (s *stage) watch(done <-chan struct{}, began time.Time, v view) {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		v.show(s.counts(time.Since(began)))
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}

// await gives renewals that are under way at the end the time to be counted at both ends. Where one end has lost one, they
// never agree.
func (s *stage) await(limit time.Duration) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); time.Now().Before(end); <-tick.C {
		if s.dialer.Stats().Renewed == s.server.Stats().Reauths {
			return
		}
	}
}
