package e2e

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/seeded"
)

// A careless connection authenticates itself again whenever nothing is outstanding, and knows nothing of transactions and one-shot states.
type careless struct {
	net.Conn
	mu      sync.Mutex
	rnd     *rand.Rand
	req     resp.RequestScanner
	rep     resp.ReplyScanner
	due     int
	swallow bool
}

func (c *careless) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := p; len(rest) > 0; {
		if c.req.AtBoundary() && c.due == 0 && !c.swallow && c.rnd.IntN(4) == 0 {
			c.swallow = true
			if _, err := c.Conn.Write(resp.AppendCommand(nil, "AUTH", "app", "secret")); err != nil {
				return 0, err
			}
		}
		n, done, err := c.req.Scan(rest)
		if err != nil {
			return 0, err
		}
		if _, err := c.Conn.Write(rest[:n]); err != nil {
			return 0, err
		}
		if rest = rest[n:]; done && c.req.Argc() > 0 {
			c.due++
		}
	}
	return len(p), nil
}

func (c *careless) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if n, lost := c.sort(p[:n]); n > 0 || err != nil || lost != nil {
			return n, errors.Join(err, lost)
		}
	}
}

// sort leaves in p what is the client's.
func (c *careless) sort(p []byte) (kept int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := p; len(rest) > 0; {
		n, done, err := c.rep.Scan(rest)
		if err != nil {
			return kept, err
		}
		if !c.swallow {
			kept += copy(p[kept:], rest[:n])
		}
		if rest = rest[n:]; done && c.swallow {
			c.swallow = false
		} else if done && c.due > 0 {
			c.due--
		}
	}
	return kept, nil
}

// The checker notices a connection that authenticates itself where it must not.
func TestCheckerNoticesCarelessness(t *testing.T) {
	seed := seeded.Seed(t)
	v, w := checkerServer(t), checkerServer(t)
	c := &check{plain: w.addr(), limit: 3 * time.Second, ctl: newController(t, v), other: newController(t, w)}
	c.dial = func(id int) (net.Conn, error) {
		raw, err := net.Dial("tcp", v.addr())
		return &careless{Conn: raw, rnd: rand.New(rand.NewPCG(seed, uint64(id)))}, err
	}
	noticed := 0
	errs := c.run(t, seed, 8, 4*time.Second)
	for _, err := range errs {
		if err != nil {
			noticed++
		}
	}
	t.Logf("%d of %d careless connections were noticed, one with: %.300v", noticed, len(errs), errs[0])
	if noticed < len(errs) {
		t.Errorf("%d careless connections were not noticed", len(errs)-noticed)
	}
}
