package main

import (
	"context"
	"errors"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// A stage is a real Valkey with the emulator in front of it. Each run comes as a user of its own, so that the emulator can tell what it
// sees of whom.
type stage struct {
	session, renewAfter, duration time.Duration

	emulator *emulator.Server
	engine   *valkeyserver.Server
	mu       sync.Mutex
	seen     map[string]map[emulator.Kind]int // by user
}

func (s *stage) observe(e emulator.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[e.User] == nil {
		s.seen[e.User] = map[emulator.Kind]int{}
	}
	s.seen[e.User][e.Kind]++
}

func (s *stage) saw(user string, kinds ...emulator.Kind) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range kinds {
		n += s.seen[user][k]
	}
	return n
}

func user(i int) string { return "client" + strconv.Itoa(i) }

// play does all runs, some at a time, and returns what each came to.
func (s *stage) play(ctx context.Context, w *workshop, all []run, parallel int) ([]result, error) {
	stop, err := s.start(ctx, len(all))
	if err != nil {
		return nil, err
	}
	defer stop()
	results := make([]result, len(all))
	each(parallel, len(all), func(i int) {
		results[i] = s.do(ctx, w, all[i], user(i))
		log.Print(results[i])
	})
	return results, ctx.Err()
}

// start runs the servers, with so many users.
func (s *stage) start(ctx context.Context, users int) (stop func(), err error) {
	dir, err := os.MkdirTemp("", "valetkey-languages-")
	if err != nil {
		return nil, err
	}
	stop = func() { os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			stop()
		}
	}()
	if s.engine, err = valkeyserver.Start(ctx, valkeyserver.Config{Program: "valkey-server"}); err != nil {
		return nil, err
	}
	s.seen = map[string]map[emulator.Kind]int{}
	s.emulator = &emulator.Server{Config: emulator.Config{Upstream: s.engine.Addr, SessionLimit: s.session, TLSDir: dir, OnEvent: s.observe}}
	for i := range users {
		s.emulator.Users = append(s.emulator.Users, emulator.User{Name: user(i)})
	}
	if err := s.emulator.Start(); err != nil {
		return nil, errors.Join(err, s.engine.Stop())
	}
	return func() {
		s.emulator.Close()
		s.engine.Stop()
		os.RemoveAll(dir)
	}, nil
}

// do runs one client beside a sidecar of its own.
func (s *stage) do(ctx context.Context, w *workshop, r run, user string) result {
	res := result{run: r}
	side, err := s.sidecar(ctx, w, user)
	if err == nil {
		err = s.perform(ctx, w, &res, side, user)
		err = errors.Join(err, side.metrics(ctx, &res), side.stop())
	}
	res.err = errors.Join(res.err, err)
	res.connections = s.saw(user, emulator.Authenticated)
	res.renewals = s.saw(user, emulator.Renewed)
	res.cuts = s.saw(user, emulator.Expired, emulator.Cut)
	res.refusals = s.saw(user, emulator.Refused)
	return res
}
