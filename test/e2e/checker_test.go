package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/seeded"
)

const (
	checkerPairs = 16
	checkerRun   = 12 * time.Second // VALETKEY_CHECKER makes it longer
	// checkerPatience bounds a burst, on a machine that others use too. A renewal that falls behind a blocking command holds up what follows for
	// AuthTimeout, which can happen several times in one.
	checkerPatience = 90 * time.Second
)

// checkerServer is a real server on which only app, whose secret is "secret", and ctl may do anything.
func checkerServer(t *testing.T) *valkeyServer {
	v := startValkey(t, "--enable-debug-command", "local")
	v.do(t, "ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all")
	v.do(t, "ACL", "SETUSER", "ctl", "on", ">ctl", "~*", "&*", "+@all")
	return v
}

// A controller is another client of one of the servers.
type controller struct {
	mu   sync.Mutex
	conn net.Conn
	back *resp.ReplyReader
}

func newController(t *testing.T, v *valkeyServer) *controller {
	t.Helper()
	conn, err := net.Dial("tcp", v.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &controller{conn: conn, back: resp.NewReplyReader(conn)}
	if err := c.run("AUTH", "ctl", "ctl"); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *controller) run(args ...string) error { _, err := c.ask(args...); return err }

func (c *controller) ask(args ...string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		return "", err
	}
	reply, err := c.back.Next()
	if err == nil && reply.Kind == '-' {
		err = errors.New(string(reply.Raw))
	}
	return string(reply.Raw), err
}

// A side is one of the two connections on which the same is sent.
type side struct {
	net.Conn
	ctl   *controller
	rnd   *rand.Rand // cuts what is written, if not nil
	reads *rand.Rand // and what is read
	eager bool       // reads while it writes
	limit time.Duration
}

// run sends a burst and reads until its end, or until the server hangs up if end is "".
func (s *side) run(burst []step, end string) ([]byte, error) {
	s.SetDeadline(time.Now().Add(s.limit))
	if !s.eager {
		if err := s.write(burst); err != nil && end != "" {
			return nil, err
		}
		return s.readTo(end)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- s.write(burst) }()
	got, err := s.readTo(end)
	if err != nil {
		return got, err
	}
	if err = <-wrote; end == "" { // what is written behind QUIT may meet a closed connection
		err = nil
	}
	return got, err
}

func (s *side) write(burst []step) error {
	for _, st := range burst {
		for p := st.send; len(p) > 0; {
			n := cut(s.rnd, len(p))
			if _, err := s.Write(p[:n]); err != nil {
				return fmt.Errorf("write: %w", err)
			}
			p = p[n:]
		}
		if st.then != nil {
			if err := st.then(s.ctl); err != nil {
				return fmt.Errorf("meanwhile: %w", err)
			}
		}
	}
	return nil
}

// cut is how much of n bytes to write or read at once, sometimes after a pause.
func cut(rnd *rand.Rand, n int) int {
	if rnd == nil {
		return n
	}
	if rnd.IntN(8) == 0 {
		pause(context.Background(), time.Duration(rnd.IntN(4000))*time.Microsecond)
	}
	if rnd.IntN(3) == 0 {
		return n
	}
	return 1 + rnd.IntN(min(n, 1+rnd.IntN(4000)))
}

func (s *side) readTo(end string) (got []byte, err error) {
	chunk := make([]byte, 16<<10)
	for {
		n, err := s.Read(chunk[:cut(s.reads, len(chunk))])
		got = append(got, chunk[:n]...)
		switch {
		case end == "" && err == io.EOF:
			return got, nil
		case err != nil:
			return got, fmt.Errorf("read: %w", err)
		case end != "" && bytes.HasSuffix(got, []byte(end+"\r\n")):
			return got, nil
		}
	}
}

// masked is what differs from server to server and from time to time.
var masked = regexp.MustCompile(`\+\d{10}\.\d{6} \[\d+ [^\]]*\] "[^\r]*\r\n|\$2\r\nid\r\n:\d+\r\n`)

// A check drives the same streams over self-renewing and over plain connections and compares everything that comes back.
type check struct {
	dial       func(id int) (net.Conn, error) // one to be checked
	plain      string
	logins     bool          // the client logs in, and again now and then
	limit      time.Duration // for one burst
	ctl, other *controller
	bursts     atomic.Int64
	replied    atomic.Int64 // bytes compared
	dialled    atomic.Int64
}

// pair runs one pair of connections until ctx is over; the error says where they differ.
func (c *check) pair(ctx context.Context, seed uint64, id int) error {
	for life := 0; ctx.Err() == nil; life++ {
		if err := c.life(ctx, seed, id, life); err != nil {
			return fmt.Errorf("pair %d, life %d: %w", id, life, err)
		}
	}
	return nil
}

func (c *check) life(ctx context.Context, seed uint64, id, life int) error {
	rnd := rand.New(rand.NewPCG(seed, uint64(id)<<32|uint64(life)))
	through, err := c.dial(id)
	if err != nil {
		return err
	}
	defer through.Close()
	c.dialled.Add(1)
	plain, err := net.Dial("tcp", c.plain)
	if err != nil {
		return err
	}
	defer plain.Close()
	a := &side{Conn: through, ctl: c.ctl, rnd: rand.New(rand.NewPCG(seed, rnd.Uint64())), reads: rand.New(rand.NewPCG(seed, rnd.Uint64())), eager: id%4 != 3, limit: c.limit}
	b := &side{Conn: plain, ctl: c.other, eager: true, limit: c.limit}
	s := &stream{rnd: rnd, id: id, want3: id%2 == 0, logins: c.logins}
	run := func(burst []step, end string) error { return c.compare(a, b, burst, end) }
	for n := 20 + rnd.IntN(200); n > 0 && ctx.Err() == nil; n-- {
		if err := s.next(run); err != nil {
			return err
		}
	}
	s.small()
	s.cmd("QUIT")
	s.cmd("PING")
	return run(s.takeUntil(), "")
}

// compare sends a burst on both sides.
func (c *check) compare(a, b *side, burst []step, end string) error {
	var want []byte
	plainly := make(chan error, 1)
	go func() {
		var err error
		want, err = b.run(burst, end)
		plainly <- err
	}()
	got, err := a.run(burst, end)
	if err := <-plainly; err != nil {
		return fmt.Errorf("the plain connection: %w after %s", err, excerpt(want, len(want)))
	}
	got, want = masked.ReplaceAll(got, nil), masked.ReplaceAll(want, nil)
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		return fmt.Errorf("they differ (%v) at byte %d:\nplain   %s\nthrough %s\nsent    %s", err, at, excerpt(want, at), excerpt(got, at), shown(burst))
	}
	c.bursts.Add(1)
	c.replied.Add(int64(len(got)))
	return err
}

func excerpt(p []byte, at int) string {
	return strconv.Quote(string(p[max(0, at-100):min(len(p), at+100)]))
}

func shown(burst []step) string {
	var all []byte
	for _, st := range burst {
		all = append(all, st.send...)
	}
	return strconv.Quote(string(all[:min(len(all), 1500)]))
}

// run runs all pairs for d and returns what went wrong with each.
func (c *check) run(t *testing.T, seed uint64, pairs int, d time.Duration) []error {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	errs := make([]error, pairs)
	var wg sync.WaitGroup
	for id := range pairs {
		wg.Go(func() { errs[id] = c.pair(ctx, seed, id) })
	}
	wg.Wait()
	return errs
}

// sum adds up what the dialers have counted, and closes them.
func (c *check) sum(dialers []*valetkey.Dialer) (s valetkey.Stats) {
	for _, d := range dialers {
		one := d.Stats()
		s.Dialed, s.Renewed, s.Failed, s.Replaced = s.Dialed+one.Dialed, s.Renewed+one.Renewed, s.Failed+one.Failed, s.Replaced+one.Replaced
		d.Close()
	}
	return s
}

// A fixedSource has one token for ever.
type fixedSource struct{ token valetkey.Token }

func (f fixedSource) Token(context.Context) (valetkey.Token, error) { return f.token, nil }

// checkerDialers renew every few milliseconds; from pair to pair at another pace.
func checkerDialers(src valetkey.Source, seen valetkey.Observer) (all []*valetkey.Dialer) {
	for _, after := range []time.Duration{time.Millisecond, 5 * time.Millisecond, 15 * time.Millisecond, 50 * time.Millisecond} {
		all = append(all, &valetkey.Dialer{Source: src, Plaintext: true, RenewAfter: after, RenewBy: 2 * after, Observer: seen})
	}
	return all
}

// Whatever a client sends, it gets from a connection that authenticates itself again every few milliseconds, byte for byte, what it gets from a
// plain one.
func TestConnAgainstPlainConnection(t *testing.T) {
	seed := seeded.Seed(t)
	v, w := checkerServer(t), checkerServer(t)
	seen := &journal{}
	dialers := checkerDialers(fixedSource{valetkey.NewToken("app", "secret", time.Time{})}, seen)
	c := &check{plain: w.addr(), limit: checkerPatience, ctl: newController(t, v), other: newController(t, w)}
	c.dial = func(id int) (net.Conn, error) {
		return dialers[id/2%len(dialers)].DialContext(t.Context(), "tcp", v.addr())
	}
	if err := c.ctl.run("ACL", "SETUSER", "default", "off"); err != nil { // so that RESET drops something
		t.Fatal(err)
	}
	for _, err := range c.run(t, seed, checkerPairs, seeded.Duration(t, "VALETKEY_CHECKER", checkerRun)) {
		if err != nil {
			t.Error(err)
		}
	}
	s := c.sum(dialers)
	t.Logf("%d bursts, %d MB compared; dialed %d, renewed %d times", c.bursts.Load(), c.replied.Load()>>20, s.Dialed, s.Renewed)
	if s.Failed != 0 || s.Replaced != 0 || s.Renewed < 20*s.Dialed {
		t.Errorf("renewed %d times, failed %q, replaced %q", s.Renewed, seen.of(valetkey.Failed), seen.of(valetkey.Replaced))
	}
	stats, err := c.ctl.ask("INFO", "commandstats")
	if want := fmt.Sprintf("cmdstat_auth:calls=%d,", s.Dialed+s.Renewed+1); err != nil || !strings.Contains(stats, want) {
		_, stats, _ = strings.Cut(stats, "cmdstat_auth:")
		t.Errorf("the server counts %.40q, %v, want %s", stats, err, want)
	}
}
