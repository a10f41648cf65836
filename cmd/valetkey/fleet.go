package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valetkey/valetkey/internal/frugal"
	"github.com/valetkey/valetkey/proxy"
)

// A fleet is the sidecars of one process. Make one with newFleet.
type fleet struct {
	log       *slog.Logger
	timeout   time.Duration // of a drain, with its delay
	version   string
	began     time.Time
	servers   []*proxy.Server
	listeners [][]net.Listener // of each server
	admin     net.Listener

	started  atomic.Bool        // listening, and the first check is over
	enough   context.CancelFunc // has run go on to the end
	serving  sync.WaitGroup
	failed   chan error // the first server that ended by itself
	draining sync.Once
	drained  chan struct{} // closed when the drain is over
	outcome  error         // of the drain; set before drained is closed
}

func newFleet(log *slog.Logger, timeout time.Duration) *fleet {
	return &fleet{
		log: log, timeout: timeout, version: version(), began: time.Now(),
		failed: make(chan error, 1), drained: make(chan struct{}),
	}
}

// serve runs a server in the background.
func (f *fleet) serve(s *proxy.Server, ln net.Listener) {
	f.serving.Go(func() {
		if err := s.Serve(context.Background(), ln); err != nil {
			select {
			case f.failed <- err:
			default:
			}
		}
	})
}

// run checks the caches and then waits for the end, of which there are four kinds: a signal, an order, idleness and failure.
func (f *fleet) run(ctx context.Context, o *proxyOptions) error {
	defer f.close()
	ctx, f.enough = context.WithCancel(ctx)
	defer f.enough()
	stop := f.serveAdmin()
	defer stop()
	err := f.check(ctx, o.check)
	switch {
	case ctx.Err() != nil: // told to end meanwhile: there may be clients already
		return f.drain()
	case err != nil:
		return err
	}
	f.started.Store(true)
	reporting, silence := context.WithCancel(context.Background()) // through the drain, too
	defer silence()
	f.reportToSystemd(reporting)
	go frugal.Tidy(reporting, f.turnover)
	select {
	case <-ctx.Done():
	case <-f.idle(ctx, o.exitWhenIdle):
		f.log.Info("no client any more", "for", o.exitWhenIdle)
	case err := <-f.failed:
		return err
	}
	return f.drain()
}

// check connects to each cache once, as far as it is asked for. Clients do not wait for it.
func (f *fleet) check(ctx context.Context, mode string) error {
	if mode == "off" {
		return nil
	}
	errs := make([]error, len(f.servers))
	var wg sync.WaitGroup
	for i, s := range f.servers {
		wg.Go(func() { errs[i] = s.Check(ctx) })
	}
	wg.Wait()
	for i, err := range errs {
		name := f.servers[i].Name
		switch {
		case err == nil:
			f.log.Info("ready", "target", name)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case mode == "exit":
			return fmt.Errorf("proxy: check: %w", err)
		default:
			f.log.Warn("not ready, will go on trying", "target", name, "hint", explain(err).hint)
		}
	}
	return nil
}

// drain ends all servers, once, and returns whether something had to be broken off.
func (f *fleet) drain() error {
	f.draining.Do(func() {
		defer close(f.drained)
		f.enough()
		f.stopping()
		ctx, cancel := context.WithTimeout(context.Background(), f.timeout)
		defer cancel()
		errs := make([]error, len(f.servers))
		var wg sync.WaitGroup
		for i, s := range f.servers {
			wg.Go(func() { errs[i] = s.Shutdown(ctx) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			f.outcome = &exitError{exitFailed, fmt.Errorf("not drained: %w", err), "--drain-timeout gives clients longer"}
			return
		}
		f.log.Info("drained")
	})
	<-f.drained
	return f.outcome
}

// close ends what is left.
func (f *fleet) close() {
	for _, s := range f.servers {
		s.Close()
	}
	for _, listeners := range f.listeners {
		closeAll(listeners)
	}
	if f.admin != nil {
		f.admin.Close()
	}
	f.serving.Wait()
}

// idle returns a channel that is closed when there has been no client for that long; never if it is 0.
func (f *fleet) idle(ctx context.Context, limit time.Duration) <-chan struct{} {
	if limit == 0 {
		return nil
	}
	over := make(chan struct{})
	go func() {
		for since := f.idleSince(); time.Since(since) < limit; since = f.idleSince() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(limit - time.Since(since)):
			}
		}
		close(over)
	}()
	return over
}

// idleSince is when the last client left; now while there is one.
func (f *fleet) idleSince() time.Time {
	last := f.began
	for _, s := range f.servers {
		st := s.Status()
		if st.Clients > 0 {
			return time.Now()
		}
		if st.IdleSince.After(last) {
			last = st.IdleSince
		}
	}
	return last
}

// turnover is how many clients have come, gone and given memory back, taken together.
func (f *fleet) turnover() (n int64) {
	for _, s := range f.servers {
		st := s.Stats()
		n += 2*st.Accepted - st.Open + st.Rested
	}
	return n
}

// serveAdmin answers probes and orders. The function it returns lets answers under way get out.
func (f *fleet) serveAdmin() (stop func()) {
	if f.admin == nil {
		return func() {}
	}
	server := &http.Server{Handler: f.adminHandler(), ReadHeaderTimeout: 5 * time.Second}
	f.log.Info("admin", "address", f.admin.Addr().String())
	f.serving.Go(func() {
		if err := server.Serve(f.admin); !errors.Is(err, http.ErrServerClosed) {
			f.log.Error("the admin endpoint has ended", "err", err)
		}
	})
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		server.Shutdown(ctx)
	}
}

func inUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
