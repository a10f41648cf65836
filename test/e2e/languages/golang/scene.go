package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A client is a client under test. The scene makes one for commands, one that subscribes and one that blocks.
type client interface {
	set(ctx context.Context, key, value string) (string, error)
	get(ctx context.Context, key string) (string, error)
	incr(ctx context.Context, key string) (int64, error)
	pipeline(ctx context.Context, key string, times int) ([]int64, error)
	// multi increments the key, sets the copy and gets it, in a transaction, and returns the three replies as text.
	multi(ctx context.Context, key, copy, value string) ([]string, error)
	// lua returns the script's reply as text.
	lua(ctx context.Context, script, key, arg string) ([]string, error)
	scan(ctx context.Context, pattern string) ([]string, error)
	publish(ctx context.Context, channel, message string) (int64, error)
	rpush(ctx context.Context, key, value string) (int64, error)
	// blpop returns nothing if there was no element in time.
	blpop(ctx context.Context, key string, timeout time.Duration) ([]string, error)
	// subscribe calls subscribed when the subscription is there, and does not return before the end of ctx.
	subscribe(ctx context.Context, channel string, subscribed func(), received func(string)) error
	close()
}

const script = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"

// A scene is what each client does.
type scene struct {
	*book
	prefix string
	c      client
}

// play runs the scene.
func play(p product, at place) *book {
	var all []client
	for range 3 {
		c, err := p.connect(at)
		if err != nil {
			b := newBook(0)
			b.fail(fmt.Errorf("connect: %w", err))
			return b
		}
		defer c.close()
		all = append(all, c)
	}
	s := scene{newBook(at.duration), at.prefix, all[0]}
	s.channel.unordered = p.unordered
	ctx := context.Background()
	var wg sync.WaitGroup
	wg.Go(func() { s.fail(s.commands(ctx)) })
	wg.Go(func() { s.fail(s.subscription(ctx, all[1])) })
	wg.Go(func() { s.fail(s.produce(ctx)) })
	wg.Go(func() { s.fail(s.consume(ctx, all[2])) })
	wg.Wait()
	return s.book
}

func (s *scene) key(name string) string { return s.prefix + name }

// expect checks a reply, unless there is none.
func expect[T any](s *scene, what string, want T) func(got T, err error) error {
	return func(got T, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		s.check(what, got, want)
		return nil
	}
}

func (s *scene) commands(ctx context.Context) error {
	var keys []string
	for i := range 25 {
		keys = append(keys, s.key("scan:"+strconv.Itoa(i)))
		if err := expect(s, "SET", "OK")(s.c.set(ctx, keys[i], "x")); err != nil {
			return err
		}
	}
	slices.Sort(keys)
	for n := 1; s.open(); n++ {
		if err := s.round(ctx, n); err != nil {
			return err
		}
		if n%10 == 1 {
			if err := s.sometimes(ctx, n, keys); err != nil {
				return err
			}
		}
		s.rounds = n
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

func (s *scene) round(ctx context.Context, n int) error {
	text := strconv.Itoa(n)
	var ten []int64
	for i := range int64(10) {
		ten = append(ten, int64(10*n)-9+i)
	}
	for _, step := range []func() error{
		func() error { return expect(s, "SET", "OK")(s.c.set(ctx, s.key("string"), "value "+text)) },
		func() error { return expect(s, "GET", "value "+text)(s.c.get(ctx, s.key("string"))) },
		func() error { return expect(s, "INCR", int64(n))(s.c.incr(ctx, s.key("counter"))) },
		func() error { return expect(s, "pipeline", ten)(s.c.pipeline(ctx, s.key("pipeline"), 10)) },
		func() error {
			return expect(s, "MULTI", []string{text, "OK", text})(s.c.multi(ctx, s.key("multi"), s.key("copy"), text))
		},
		func() error {
			return expect(s, "Lua", []string{s.key("lua"), text, text})(s.c.lua(ctx, script, s.key("lua"), text))
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// sometimes does what is too much for every round.
func (s *scene) sometimes(ctx context.Context, n int, keys []string) error {
	found, err := s.c.scan(ctx, s.key("scan:*"))
	slices.Sort(found)
	if err := expect(s, "SCAN", keys)(slices.Compact(found), err); err != nil {
		return err
	}
	big := strings.Repeat("value "+strconv.Itoa(n)+",", 1<<20/8+n)
	if err := expect(s, "SET big", "OK")(s.c.set(ctx, s.key("big"), big)); err != nil {
		return err
	}
	got, err := s.c.get(ctx, s.key("big"))
	return expect(s, "GET big", true)(got == big, err)
}

func (s *scene) subscription(ctx context.Context, subscriber client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	there, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- subscriber.subscribe(ctx, s.key("channel"), func() { close(there) }, s.channel.receive)
	}()
	select {
	case <-there:
	case err := <-ended:
		return fmt.Errorf("subscribe: %w", err)
	}
	for s.open() {
		if err := expect(s, "PUBLISH", int64(1))(s.c.publish(ctx, s.key("channel"), s.channel.send())); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	for !s.channel.arrived() {
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

func (s *scene) produce(ctx context.Context) error {
	for n := 0; s.open(); n++ {
		got, err := s.c.rpush(ctx, s.key("list"), s.list.send())
		if err := expect(s, "RPUSH", true)(got >= 1, err); err != nil {
			return err
		}
		rest := 100 * time.Millisecond
		if n%8 == 7 {
			rest = 1300 * time.Millisecond // longer than BLPOP waits
		}
		time.Sleep(rest)
	}
	return nil
}

func (s *scene) consume(ctx context.Context, c client) error {
	for s.open() || !s.list.arrived() {
		got, err := c.blpop(ctx, s.key("list"), time.Second)
		if err != nil {
			return fmt.Errorf("BLPOP: %w", err)
		}
		if len(got) == 2 {
			s.check("BLPOP", got[0], s.key("list"))
			s.list.receive(got[1])
		}
	}
	return nil
}
