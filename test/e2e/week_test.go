package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
)

const week = 7 * 24 * time.Hour

// A plainClient is the simplest of clients: it writes a command and reads a reply.
type plainClient struct {
	net.Conn
	replies *resp.ReplyReader
}

func newPlainClient(t *testing.T, d *valetkey.Dialer) *plainClient {
	t.Helper()
	c, err := d.DialContext(t.Context(), "tcp", "cache:6379")
	if err != nil {
		t.Fatal(err)
	}
	return &plainClient{Conn: c, replies: resp.NewReplyReader(c)}
}

func (c *plainClient) send(args ...string) error {
	_, err := c.Write(resp.AppendCommand(nil, args...))
	return err
}

func (c *plainClient) read() (string, error) {
	r, err := c.replies.Next()
	return string(r.Raw), err
}

// ask sends a command and fails unless the reply is want.
func (c *plainClient) ask(want string, args ...string) error {
	if err := c.send(args...); err != nil {
		return err
	}
	return c.expect(want)
}

func (c *plainClient) expect(want string) error {
	got, err := c.read()
	if err == nil && got != want {
		err = fmt.Errorf("reply %q, want %q", got, want)
	}
	return err
}

// aWeek is a cache without sockets and a dialer to it, with AWS's own limits, inside a bubble of fake time.
func aWeek(t *testing.T) (*emulator.Server, *valetkey.Dialer, *journal) {
	srv := emulator.New(t, emulator.InMemory)
	seen := &journal{}
	return srv, &valetkey.Dialer{Source: srv.Source(), TLSConfig: srv.ClientTLS(), DialFunc: srv.Dial, Observer: seen}, seen
}

// A week of 12-hour sessions, and no connection of any habit notices one.
func TestConnForAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, d, seen := aWeek(t)
		habits := []func(*testing.T, *valetkey.Dialer) error{beBusy, beQuick, beIdle, beBlocked, holdTransactions, subscribe3, subscribe2}
		errs := make([]error, len(habits))
		var wg sync.WaitGroup
		for i, habit := range habits {
			wg.Go(func() { errs[i] = habit(t, d) })
		}
		wg.Wait()
		s, e := d.Stats(), srv.Stats()
		t.Logf("dialer: %+v; server: %+v", s, e)
		for i, err := range errs {
			if err != nil {
				t.Errorf("habit %d: %v", i, err)
			}
		}
		if s.Cut != 0 || s.Replaced != 0 || s.Failed != 0 || e.IamAuthenticationExpirations != 0 || e.Refusals != 0 {
			t.Errorf("cut %v, replaced %v, failed %v, refused %v", seen.of(valetkey.Cut), seen.of(valetkey.Replaced),
				seen.of(valetkey.Failed), srv.Refusals())
		}
		if s.Renewed != e.Reauths || s.Renewed < 14*int64(len(habits)) {
			t.Errorf("%d renewals, of which the server saw %d", s.Renewed, e.Reauths)
		}
		d.Close()
		srv.Close()
	})
}

// beBusy always has a command outstanding, so that there is no quiet moment unless one is made.
func beBusy(t *testing.T, d *valetkey.Dialer) error {
	c := newPlainClient(t, d)
	defer c.Close()
	if err := c.send("ECHO", "0"); err != nil {
		return err
	}
	for n, end := 0, time.Now().Add(week); time.Now().Before(end); n++ {
		time.Sleep(20 * time.Second)
		if err := c.send("ECHO", fmt.Sprint(n+1)); err != nil {
			return err
		}
		text := fmt.Sprint(n)
		if err := c.expect(fmt.Sprintf("$%d\r\n%s\r\n", len(text), text)); err != nil {
			return err
		}
	}
	return nil
}

// beQuick asks something every minute.
func beQuick(t *testing.T, d *valetkey.Dialer) error {
	c := newPlainClient(t, d)
	defer c.Close()
	for n, end := 1, time.Now().Add(week); time.Now().Before(end); n++ {
		time.Sleep(time.Minute)
		if err := c.ask(fmt.Sprintf(":%d\r\n", n), "INCR", "quick"); err != nil {
			return err
		}
	}
	return nil
}

// beIdle says nothing for a week and then expects to be known.
func beIdle(t *testing.T, d *valetkey.Dialer) error {
	c := newPlainClient(t, d)
	defer c.Close()
	time.Sleep(week)
	return c.ask("$3\r\napp\r\n", "ACL", "WHOAMI")
}

// beBlocked waits five hours at a time for a list that stays empty.
func beBlocked(t *testing.T, d *valetkey.Dialer) error {
	c := newPlainClient(t, d)
	defer c.Close()
	for end := time.Now().Add(week); time.Now().Before(end); {
		if err := c.ask("*-1\r\n", "BLPOP", "empty", "18000"); err != nil {
			return err
		}
	}
	return nil
}

// holdTransactions has a transaction open five hours of every six.
func holdTransactions(t *testing.T, d *valetkey.Dialer) error {
	c := newPlainClient(t, d)
	defer c.Close()
	for end := time.Now().Add(week); time.Now().Before(end); time.Sleep(time.Hour) {
		if err := c.ask("+OK\r\n", "MULTI"); err != nil {
			return err
		}
		if err := c.ask("+QUEUED\r\n", "SET", "tx", "v"); err != nil {
			return err
		}
		time.Sleep(5 * time.Hour)
		if err := c.ask("*1\r\n+OK\r\n", "EXEC"); err != nil {
			return err
		}
	}
	return nil
}

// subscribe3 gets a message an hour as a RESP3 subscriber.
func subscribe3(t *testing.T, d *valetkey.Dialer) error {
	c := newPlainClient(t, d)
	defer c.Close()
	if err := c.send("HELLO", "3"); err != nil {
		return err
	}
	if _, err := c.read(); err != nil {
		return err
	}
	return subscribeFor(t, d, c, ">", "three")
}

// subscribe2 gets a message an hour as a RESP2 subscriber, to which a server would refuse AUTH.
func subscribe2(t *testing.T, d *valetkey.Dialer) error {
	c := newPlainClient(t, d)
	defer c.Close()
	return subscribeFor(t, d, c, "*", "two")
}

func subscribeFor(t *testing.T, d *valetkey.Dialer, c *plainClient, mark, channel string) error {
	if err := c.ask(mark+fmt.Sprintf("3\r\n$9\r\nsubscribe\r\n$%d\r\n%s\r\n:1\r\n", len(channel), channel), "SUBSCRIBE", channel); err != nil {
		return err
	}
	for end := time.Now().Add(week); time.Now().Before(end); {
		time.Sleep(time.Hour)
		if err := publish(t, d, channel); err != nil {
			return err
		}
		if err := c.expect(mark + fmt.Sprintf("3\r\n$7\r\nmessage\r\n$%d\r\n%s\r\n$1\r\nm\r\n", len(channel), channel)); err != nil {
			return err
		}
	}
	return nil
}

func publish(t *testing.T, d *valetkey.Dialer, channel string) error {
	c := newPlainClient(t, d)
	defer c.Close()
	return c.ask(":1\r\n", "PUBLISH", channel, "m")
}

// A connection that cannot be renewed is closed before the server does it, looks to its client as if the server had, and is counted.
func TestConnReplacedBeforeTheCut(t *testing.T) {
	for name, begin := range map[string][]string{"busy": {"BLPOP", "empty", "0"}, "transaction": {"MULTI"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, d, seen := aWeek(t)
				c := newPlainClient(t, d)
				start := time.Now()
				if err := c.send(begin...); err != nil {
					t.Fatal(err)
				}
				if rest, err := io.ReadAll(bufio.NewReader(c)); err != nil {
					t.Errorf("read %q, then %v, want the end of the stream", rest, err)
				}
				if lived := time.Since(start); lived != 11*time.Hour+45*time.Minute {
					t.Errorf("closed after %v, want 11h45m", lived)
				}
				if got := seen.of(valetkey.Replaced); len(got) != 1 || !strings.Contains(got[0], name) {
					t.Errorf("events %q, want one that says %s", got, name)
				}
				if len(seen.of(valetkey.Deferred)) < 2 {
					t.Errorf("deferred %q, want once when it was due and once when it was pressing", seen.of(valetkey.Deferred))
				}
				if n := srv.Stats().IamAuthenticationExpirations; n != 0 {
					t.Errorf("the server cut %d connections first", n)
				}
				if err := c.send("PING"); err == nil {
					t.Error("a write to the replaced connection succeeds")
				}
				d.Close()
				srv.Close()
			})
		})
	}
}

// Renew authenticates quiet connections at once, and says which are not and why.
func TestRenewNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, d, _ := aWeek(t)
		quiet, held := newPlainClient(t, d), newPlainClient(t, d)
		if err := d.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := srv.Stats().Reauths; n != 2 {
			t.Fatalf("the server saw %d re-auths, want 2", n)
		}
		if err := held.ask("+OK\r\n", "MULTI"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := d.Renew(ctx)
		if err == nil || !strings.Contains(err.Error(), "transaction") {
			t.Errorf("Renew: %v, want an error that names the transaction", err)
		}
		if n := srv.Stats().Reauths; n != 3 {
			t.Errorf("the server saw %d re-auths, want 3", n)
		}
		if err := held.ask("*0\r\n", "EXEC"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if n := srv.Stats().Reauths; n != 4 {
			t.Errorf("the server saw %d re-auths after EXEC, want 4", n)
		}
		if err := quiet.ask("+PONG\r\n", "PING"); err != nil {
			t.Error(err)
		}
		d.Close()
		srv.Close()
	})
}

// A reply that the dialer has read for its client is there at once, even while the dialer waits for a command that blocks: a RESP2
// client's SUBSCRIBE behind a BLPOP.
func TestReplyNotKeptBehindABlockedCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, d, _ := aWeek(t)
		c := newPlainClient(t, d)
		go func() {
			for _, command := range [][]string{{"ECHO", "first"}, {"BLPOP", "empty", "60"}, {"SUBSCRIBE", "news"}} {
				if err := c.send(command...); err != nil {
					t.Error(err)
				}
			}
		}()
		synctest.Wait() // the dialer holds SUBSCRIBE back and reads
		start := time.Now()
		for i, want := range []string{"$5\r\nfirst\r\n", "*-1\r\n", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"} {
			if err := c.expect(want); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited != time.Duration(min(i, 1))*time.Minute {
				t.Errorf("reply %d came after %v", i, waited)
			}
		}
		d.Close()
		srv.Close()
	})
}
