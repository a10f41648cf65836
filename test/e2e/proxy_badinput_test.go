package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/seeded"
	"github.com/valetkey/valetkey/proxy"
)

const badInputPatience = 30 * time.Second

// A caller is a client that says what it likes.
type caller struct {
	t *testing.T
	net.Conn
	back *bufio.Reader
}

func call(t *testing.T, addr string) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(badInputPatience))
	return &caller{t, conn, bufio.NewReader(conn)}
}

// say writes; what cannot be written because the other side has had enough does not matter.
func (c *caller) say(text string) { _, _ = io.WriteString(c.Conn, text) }

func (c *caller) hear(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c.back, got)
	if err != nil || string(got) != want {
		c.t.Fatalf("heard %.300q (%v), want %.300q", got[:n], err, want)
	}
}

// last is all that comes before the end, which must come.
func (c *caller) last() string {
	c.t.Helper()
	got, err := io.ReadAll(c.back)
	if err != nil && !strings.Contains(err.Error(), "reset by peer") { // with bytes of ours unread, that is how an end looks
		c.t.Fatalf("heard %.300q and then %v, want the end", got, err)
	}
	return string(got)
}

// A neighbour uses the proxy all the time and notices whatever happens to its connection.
type neighbour struct {
	t     *testing.T
	count atomic.Int64
}

func moveIn(t *testing.T, addr string) *neighbour {
	t.Helper()
	n := &neighbour{t: t}
	c := call(t, addr)
	c.SetDeadline(time.Time{})
	c.say("DEL neighbour\r\n")
	c.hear(":0\r\n")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1; ctx.Err() == nil; i++ {
			c.say("INCR neighbour\r\n")
			if got, err := c.back.ReadString('\n'); ctx.Err() != nil {
				return
			} else if err != nil || got != fmt.Sprintf(":%d\r\n", i) {
				t.Errorf("the neighbour heard %q (%v), want %d", got, err, i)
				return
			}
			n.count.Add(1)
			pause(ctx, time.Millisecond)
		}
	})
	t.Cleanup(func() { cancel(); c.SetDeadline(time.Now()); wg.Wait() })
	return n
}

// works waits for some more of the neighbour's commands.
func (n *neighbour) works(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), badInputPatience)
	defer cancel()
	for want := n.count.Load() + 3; n.count.Load() < want; pause(ctx, time.Millisecond) {
		if ctx.Err() != nil || n.t.Failed() {
			t.Fatal("the neighbour's commands are no longer answered")
		}
	}
}

// seededGarbage are bytes that no protocol has.
func seededGarbage(seed uint64, n int) string {
	rnd := rand.New(rand.NewPCG(seed, uint64(n)))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rnd.Uint32())
	}
	return string(p)
}

// Clients that send what is no request are told what is wrong with it and sent away; half requests wait as long as they like, and cost
// nobody else anything.
func TestProxyBadClients(t *testing.T) {
	srv := startProxied(t)
	p := newProxy(srv)
	addr := startProxy(t, p, "127.0.0.1:0")
	n := moveIn(t, addr)
	seed := seeded.Seed(t)
	for name, tt := range map[string]struct{ say, hear string }{
		"count":           {"*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		"huge count":      {"*99999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		"negative length": {"*1\r\n$-5\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		"huge length":     {"*1\r\n$99999999999999\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		"no length":       {"*2\r\n$3\r\nGET\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"},
		"no end":          {"*1\r\n$4\r\nPINGPING", "-ERR Protocol error: expected CRLF behind an argument\r\n"},
		"endless line":    {strings.Repeat("y", 70_000), "-ERR Protocol error: too big inline request\r\n"},
		"endless count":   {"*" + strings.Repeat("1", 70_000), "-ERR Protocol error: "},
		"quotes":          {"ECHO \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
		"TLS":             {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "-ERR valetkey: this port takes no TLS: set the client to plaintext"},
		"HTTP":            {"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", ""},
		"behind a good":   {"ECHO a\r\n*1\r\n$x\r\n", "$1\r\na\r\n-ERR Protocol error: invalid bulk length\r\n"},
		"inside MULTI":    {"MULTI\r\n*1\r\n+PING\r\n", "+OK\r\n-ERR Protocol error: expected '$', got '+'\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c := call(t, addr)
			c.say(tt.say)
			if got := c.last(); !strings.HasPrefix(got, tt.hear) || strings.Count(got, "\r\n") > 3 {
				t.Errorf("heard %.300q, want %q", got, tt.hear)
			}
			n.works(t)
		})
	}
	var wg sync.WaitGroup
	for i := range 40 {
		c := call(t, addr)
		wg.Go(func() {
			c.say(seededGarbage(seed, 1+i*i*10))
			c.Conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c)
		})
	}
	wg.Wait()
	n.works(t)
	halves(t, p, addr, n)
	if s := alone(t, p); s.Open != 1 || s.Upstream.Renewed == 0 || s.Upstream.Cut != 0 {
		t.Errorf("in the end %+v, want the neighbour alone, and renewed", s)
	}
}

// halves are clients that begin a request and send no more, or a byte now and then, or do not read what they asked for.
func halves(t *testing.T, p *proxy.Server, addr string, n *neighbour) {
	t.Helper()
	var stalled []*caller
	for i := range 100 {
		c := call(t, addr)
		whole := "*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$20\r\n01234567890123456789\r\n"
		c.say(whole[:1+i%(len(whole)-1)])
		stalled = append(stalled, c)
	}
	slow := call(t, addr)
	for _, b := range []byte("*2\r\n$4\r\nECHO\r\n$5\r\nloris\r\n") {
		slow.say(string(b))
		pause(t.Context(), 5*time.Millisecond)
	}
	slow.hear("$5\r\nloris\r\n")
	n.works(t)
	deaf := call(t, addr)
	deaf.say("SET big " + strings.Repeat("x", 60_000) + "\r\n")
	deaf.hear("+OK\r\n")
	deaf.say(strings.Repeat("GET big\r\n", 500)) // 30 MB that nobody reads
	n.works(t)
	deaf.Close()
	for i, c := range stalled {
		if i%2 == 0 {
			c.Conn.(*net.TCPConn).SetLinger(0) // ends with a reset
		}
		c.Close()
	}
	slow.Close()
	n.works(t)
	alone(t, p)
	c := call(t, addr)
	c.say("GET half\r\n")
	c.hear("$-1\r\n") // no half request has been run
	c.Close()
}

// alone waits until the neighbour is, and returns the counts.
func alone(t *testing.T, p *proxy.Server) proxy.Stats {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), badInputPatience)
	defer cancel()
	for p.Stats().Open > 1 && ctx.Err() == nil {
		pause(ctx, 5*time.Millisecond)
	}
	return p.Stats()
}

// A crossing stands between a proxy and its cache.
type crossing struct {
	addr string
	mu   sync.Mutex
	next func(net.Conn)    // what new connections meet; nil: the cache
	said map[string]string // for a word in a request, what comes back in its place
}

func cross(t *testing.T, to string) *crossing {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	c := &crossing{addr: ln.Addr().String(), said: map[string]string{}}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go c.carry(conn, to)
		}
	}()
	return c
}

func (c *crossing) carry(conn net.Conn, to string) {
	defer conn.Close()
	c.mu.Lock()
	next := c.next
	c.mu.Unlock()
	if next != nil {
		next(conn)
		return
	}
	cache, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer cache.Close()
	go io.Copy(conn, cache)
	p := make([]byte, 64<<10)
	for {
		n, err := conn.Read(p)
		if err != nil {
			return
		}
		if text, ends, found := c.reply(p[:n]); !found {
			cache.Write(p[:n])
		} else if io.WriteString(conn, text); ends {
			return
		}
	}
}

// reply is what to say to a request with a known word, and whether to hang up behind it.
func (c *crossing) reply(request []byte) (text string, ends, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for word, text := range c.said {
		if bytes.Contains(request, []byte(word+"\r\n")) {
			return text, strings.HasSuffix(word, ":end"), true
		}
	}
	return "", false, false
}

// What a cache sends that is no reply ends the connection that it was sent on, and no other.
func TestProxyBadReplies(t *testing.T) {
	v := startValkey(t)
	v.do(t, "ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all")
	way := cross(t, v.addr())
	p := &proxy.Server{Addr: way.addr, Dialer: valetkey.Dialer{Source: fixedSource{valetkey.NewToken("app", "secret", time.Time{})}, Plaintext: true,
		RenewAfter: 100 * time.Millisecond, RenewBy: 200 * time.Millisecond}}
	addr := startProxy(t, p, "127.0.0.1:0")
	n := moveIn(t, addr)
	malformed := map[string]string{
		"type": "?what\r\n", "http": "HTTP/1.1 400 Bad Request\r\n\r\n", "length": "$abc\r\n", "huge": "$99999999999999999999\r\n",
		"negative": "*-7\r\n", "no-crlf": "$3\r\nabcd\r\n", "bare-cr": "+OK\rX", "inside": "*2\r\n:1\r\n!\r\n",
	}
	cut := map[string]string{"half": "$10\r\nabc", "half-header": "*1", "nothing": "", "half-array": "*3\r\n+a\r\n", "endless": "+" + strings.Repeat("x", 1<<20),
		"deep": strings.Repeat("*1\r\n", 100_000)}
	way.mu.Lock()
	for word, text := range malformed {
		way.said["word-"+word] = text
	}
	for word, text := range cut {
		way.said["word-"+word+":end"] = text
	}
	way.mu.Unlock()
	ask := func(word string, sent string) {
		c := call(t, addr)
		c.say("PING\r\n")
		c.hear("+PONG\r\n")
		c.say("*2\r\n$4\r\nECHO\r\n$" + fmt.Sprint(len(word)) + "\r\n" + word + "\r\n")
		if got := c.last(); !strings.HasPrefix(sent, got) {
			t.Errorf("%s: heard %.300q, want the begin of %.300q", word, got, sent)
		}
		c.Close()
		n.works(t)
	}
	for word, text := range malformed {
		ask("word-"+word, text)
	}
	s := alone(t, p)
	if s.Ended[proxy.UpstreamMalformed] != int64(len(malformed)) || s.Ended[proxy.UpstreamLost] != 0 {
		t.Errorf("ended %v, want %d for what is no reply", s.Ended, len(malformed))
	}
	for word, text := range cut {
		ask("word-"+word+":end", text)
	}
	for end := time.Now().Add(10 * time.Second); p.Stats().Upstream.Renewed == 0 && time.Now().Before(end); {
		n.works(t) // until it is old enough
	}
	s = alone(t, p)
	if s.Ended[proxy.UpstreamLost] != int64(len(cut)) || s.Upstream.Renewed == 0 || s.Open != 1 {
		t.Errorf("in the end %+v, want %d lost and the neighbour renewed", s, len(cut))
	}
}

// When new connections to the cache meet something else, their clients are told what, and those that have one go on.
func TestProxyBadUpstreams(t *testing.T) {
	srv, other := startProxied(t), emulator.New(t)
	way := cross(t, srv.Addr())
	p := newProxy(srv)
	p.Addr, p.DialTimeout = way.addr, 2*time.Second
	addr := startProxy(t, p, "127.0.0.1:0")
	n := moveIn(t, addr)
	hello := func(conn net.Conn) { conn.Read(make([]byte, 4096)) }
	for name, tt := range map[string]struct {
		next func(net.Conn)
		want []string
	}{
		"nothing":            {func(net.Conn) {}, []string{"connection lost", "EOF", "reset by peer"}},
		"hangs up":           {hello, []string{"EOF", "reset by peer"}},
		"garbage for TLS":    {func(c net.Conn) { hello(c); io.WriteString(c, seededGarbage(1, 500)) }, []string{"first record does not look like a TLS handshake"}},
		"HTTP for TLS":       {func(c net.Conn) { hello(c); io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, []string{"first record does not look like a TLS handshake"}},
		"an error for TLS":   {func(c net.Conn) { hello(c); io.WriteString(c, "-ERR max number of clients reached\r\n") }, []string{"first record does not look like"}},
		"half a TLS record":  {func(c net.Conn) { hello(c); io.WriteString(c, "\x16\x03\x03\x40\x00abc") }, []string{"EOF", "reset by peer"}},
		"silence":            {func(c net.Conn) { io.Copy(io.Discard, c) }, []string{"deadline exceeded"}},
		"another's identity": {func(c net.Conn) { splice(c, other.Addr()) }, []string{"certificate signed by unknown authority"}},
	} {
		t.Run(name, func(t *testing.T) {
			way.mu.Lock()
			way.next = tt.next
			way.mu.Unlock()
			c := call(t, addr)
			c.say("PING\r\n")
			got := c.last()
			if !strings.HasPrefix(got, "-ERR valetkey: ") || !slices.ContainsFunc(tt.want, func(w string) bool { return strings.Contains(got, w) }) {
				t.Errorf("heard %q, want an error with one of %q", got, tt.want)
			}
			if st := p.Status(); st.Ready {
				t.Errorf("status %+v, want it not ready", st)
			}
			n.works(t)
		})
	}
	way.mu.Lock()
	way.next = nil
	way.mu.Unlock()
	c := call(t, addr)
	c.say("PING\r\n")
	c.hear("+PONG\r\n")
	if s := p.Stats(); s.Upstream.Renewed == 0 || s.Upstream.Cut != 0 || other.Stats().Auths != 0 || !p.Status().Ready {
		t.Errorf("in the end %+v; another cache was asked %d times", s, other.Stats().Auths)
	}
}

// splice carries a connection to somewhere else.
func splice(conn net.Conn, to string) {
	away, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer away.Close()
	go io.Copy(conn, away)
	io.Copy(away, conn)
}
