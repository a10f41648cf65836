package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strconv"
	"sync"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/test/e2e/farm"
)

// A matrix runs cells. Each is a user of its own, so that the server can tell what it sees of whom.
type matrix struct {
	session   time.Duration
	lifetimes int // sessions that each cell lasts
	parallel  int // cells at a time

	single, cluster *farm.Farm
	mu              sync.Mutex
	seen            map[string]map[emulator.Kind]int64 // by user
	renewed         map[wire]bool
	lapsed          map[string]int64 // by user: connections that were cut although they had been renewed
}

// A wire is one connection of the many that reach the emulators of a cluster, each of which numbers its own. Its client's address would not do:
// connections to different nodes may have the same.
type wire struct {
	node   string
	number uint64
}

// observe counts what the emulators see.
func (m *matrix) observe(node string, e emulator.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen[e.User] == nil {
		m.seen[e.User] = map[emulator.Kind]int64{}
	}
	m.seen[e.User][e.Kind]++
	switch w := (wire{node, e.Conn}); e.Kind {
	case emulator.Renewed:
		m.renewed[w] = true
	case emulator.Expired:
		if m.renewed[w] {
			m.lapsed[e.User]++
		}
	case emulator.Refused:
		log.Print(e)
	case emulator.Closed:
		delete(m.renewed, w)
	}
}

func user(i int) string { return "client" + strconv.Itoa(i) }

// run runs all cells and returns what each came to, in their order.
func (m *matrix) run(ctx context.Context, all []cell, done func(result)) ([]result, error) {
	m.seen, m.renewed, m.lapsed = map[string]map[emulator.Kind]int64{}, map[wire]bool{}, map[string]int64{}
	users := make([]string, len(all))
	for i := range users {
		users[i] = user(i)
	}
	for _, d := range drivers() {
		if d.prepare != nil {
			d.prepare()
		}
	}
	var err error
	o := farm.Options{Session: m.session, Users: users, OnEvent: m.observe}
	if m.single, err = farm.Start(o); err != nil {
		return nil, err
	}
	defer m.single.Close()
	o.Masters = 3
	if m.cluster, err = farm.Start(o); err != nil {
		return nil, err
	}
	defer m.cluster.Close()
	return m.each(ctx, all, done), nil
}

func (m *matrix) each(ctx context.Context, all []cell, done func(result)) []result {
	results := make([]result, len(all))
	places := make(chan struct{}, m.parallel)
	var wg sync.WaitGroup
	for i, c := range all {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			results[i] = m.play(ctx, c, user(i))
			done(results[i])
		})
	}
	wg.Wait()
	return results
}

// play runs one cell.
func (m *matrix) play(ctx context.Context, c cell, user string) result {
	began, b := time.Now(), &book{}
	l, f, err := m.link(c, user)
	if err != nil {
		return result{cell: c, Errors: 1, First: err}
	}
	client, err := c.driver.connect(l)
	if err != nil {
		return result{cell: c, Errors: 1, First: fmt.Errorf("connect: %w", err)}
	}
	ctx, cancel := context.WithTimeout(ctx, m.session*time.Duration(m.lifetimes))
	defer cancel()
	c.workload.run(ctx, &scene{client: client, farm: f, session: m.session, prefix: user + "-", book: b})

	r := result{cell: c, Commands: b.commands, Errors: b.errors, Lost: b.lost, Doubled: b.doubled, First: b.first, Took: time.Since(began)}
	m.mu.Lock()
	seen := m.seen[user]
	r.Connections, r.Renewals, r.Cuts = seen[emulator.Authenticated], seen[emulator.Renewed], seen[emulator.Expired]
	r.Lapsed = m.lapsed[user]
	refused := seen[emulator.Refused]
	m.mu.Unlock()
	if c.mechanism == dialed {
		s := l.dialer.Stats()
		r.Closed = s.Replaced
		r.First = errors.Join(r.First, disagreement(s, r, refused))
	}
	if k, ok := client.(interface{ trouble() error }); ok {
		r.First = errors.Join(r.First, k.trouble())
	}
	go client.close() // which some clients do not return from
	return r
}

// trouble logs what a Dialer reports and should not have to.
type trouble struct{ cell }

func (t trouble) Observe(e valetkey.Event) {
	switch e.Kind {
	case valetkey.Failed, valetkey.Cut, valetkey.Replaced:
		if !t.workload.outlasts {
			log.Printf("%s %s: %s after %s: %s %v", time.Now().Format("05.000"), t.cell, e.Kind, e.Age, e.Reason, e.Err)
		}
	}
}

// disagreement is what the Dialer says and the server does not.
func disagreement(s valetkey.Stats, r result, refused int64) error {
	if s.Dialed != r.Connections || s.Cut != r.Cuts || s.Failed != 0 || refused != 0 {
		return fmt.Errorf("the dialer counts %+v, the server %d connections, %d cuts and %d refusals", s, r.Connections, r.Cuts, refused)
	}
	return nil
}

// link is what the cell's client is connected with. The Dialer is told of sessions a little shorter than they are: of the quarter of an hour by
// which it is ahead of the server, scaling leaves less than it takes a busy machine to wake a goroutine.
func (m *matrix) link(c cell, user string) (link, *farm.Farm, error) {
	f := m.single
	if c.cluster {
		f = m.cluster
	}
	signer, err := f.Source(user)
	if err != nil {
		return link{}, nil, err
	}
	source := valetkey.Reuse(signer, m.session/4)
	l := link{cell: c, addrs: f.Addrs(), session: m.session, source: source, tls: f.TLS(),
		ca: f.CAFile(), target: f.Target(user)}
	switch c.mechanism {
	case dialed:
		l.dialer = &valetkey.Dialer{Source: source, TLSConfig: l.tls, SessionLimit: m.session - m.session/8, Observer: trouble{c}}
	case never:
		l.dialer = &valetkey.Dialer{Source: source, TLSConfig: l.tls}
	}
	return l, f, nil
}
