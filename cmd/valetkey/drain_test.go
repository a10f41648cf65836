//go:build unix

package main

import (
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// startDrained runs the sidecar for an emulated cache, and returns where clients and orders go.
func startDrained(t *testing.T, flags ...string) (p *background, addr, admin string) {
	t.Helper()
	_, env, reach := startCache(t)
	cmd := exec.Command("valetkey", append(append([]string{"proxy", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, flags...), reach...)...)
	cmd.Env = env
	p = startBackground(t, cmd)
	addr, admin = p.await(`msg=listening address=(\S+)`)[1], p.await(`msg=admin address=(\S+)`)[1]
	p.await("msg=ready")
	return p, addr, admin
}

func probe(t *testing.T, admin, path string) int {
	t.Helper()
	response, err := http.Get("http://" + admin + path)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// SIGTERM: for the delay everybody is still served; then what is under way is finished, and the exit code is 0.
func TestTerminationDrains(t *testing.T) {
	t.Parallel()
	p, addr, admin := startDrained(t, "--drain-delay", "5s", "--drain-timeout", "1m")
	idle, blocked, inMulti, pipeline := converse(t, "tcp", addr), converse(t, "tcp", addr), converse(t, "tcp", addr), converse(t, "tcp", addr)
	idle.exchange("PING", "+PONG")
	blocked.say("BLPOP queue 0")
	inMulti.exchange("MULTI", "+OK")
	inMulti.exchange("RPUSH queue job", "+QUEUED")
	pipeline.say("SET big " + strings.Repeat("x", 50_000))
	pipeline.hear("+OK")
	const many = 400 // 20 MB, more than the kernel takes for a client that does not read
	pipeline.say(strings.TrimSuffix(strings.Repeat("GET big\r\n", many), "\r\n"))
	pipeline.hear("$50000")
	for path, want := range map[string]int{"/startup": 200, "/readiness": 200, "/liveness": 200} {
		if got := probe(t, admin, path); got != want {
			t.Errorf("before: %s answers %d, want %d", path, got, want)
		}
	}

	p.signal(syscall.SIGTERM)
	p.await("msg=draining")
	late := converse(t, "tcp", addr) // within the delay
	late.exchange("ECHO late", "$4", "late")
	for path, want := range map[string]int{"/startup": 200, "/readiness": 503, "/liveness": 200} {
		if got := probe(t, admin, path); got != want {
			t.Errorf("while draining: %s answers %d, want %d", path, got, want)
		}
	}
	idle.hearEnd() // the delay is over
	late.hearEnd()
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("it accepts clients behind the delay")
	}
	inMulti.exchange("EXEC", "*1", ":")
	inMulti.hearEnd()
	blocked.hear("*2", "$5", "queue", "$3", "job")
	blocked.hearEnd()
	for n := range many {
		if n > 0 {
			pipeline.hear("$50000")
		}
		pipeline.hear("xxxx")
	}
	pipeline.hearEnd()
	if log := p.end(0); !strings.Contains(log, "msg=drained") {
		t.Errorf("it said %s", log)
	}
}

// An end that comes while the check at the start waits for the cache is no failure of it: who has been served may finish.
func TestEndDuringTheCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		check string
		end   func(p *background, admin string)
	}{
		"signal":         {"warn", func(p *background, _ string) { p.signal(syscall.SIGTERM) }},
		"signal or exit": {"exit", func(p *background, _ string) { p.signal(syscall.SIGTERM) }},
		"order":          {"exit", func(_ *background, admin string) { go orderDrain(admin) }},
	} {
		t.Run(name, func(t *testing.T) {
			srv, env, reach := startCache(t)
			door, held := holdFirst(t, srv.Addr())
			reach[len(reach)-1] = strings.Replace(reach[len(reach)-1], srv.Addr(), door, 1)
			cmd := exec.Command("valetkey", append([]string{"proxy", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--check", tt.check}, reach...)...)
			cmd.Env = env
			p := startBackground(t, cmd)
			addr, admin := p.await(`msg=listening address=(\S+)`)[1], p.await(`msg=admin address=(\S+)`)[1]
			<-held
			c := converse(t, "tcp", addr)
			c.exchange("MULTI", "+OK")
			tt.end(p, admin)
			p.await("msg=draining")
			c.exchange("EXEC", "*0")
			c.hearEnd()
			if log := p.end(0); !strings.Contains(log, "msg=drained") || strings.Contains(log, "msg=ready") {
				t.Errorf("it said %s", log)
			}
		})
	}
}

// orderDrain has the sidecar drain. What comes of it, its exit code tells.
func orderDrain(admin string) {
	if response, err := http.Post("http://"+admin+"/drain", "", nil); err == nil {
		response.Body.Close()
	}
}

// holdFirst stands before an address: the first connection, which held tells of, gets no answer, and all others reach it.
func holdFirst(t *testing.T, addr string) (door string, held <-chan struct{}) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	first := make(chan struct{})
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		close(first)
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			go join(client, addr)
		}
	}()
	return ln.Addr().String(), first
}

// join passes on what both sides say until one of them ends.
func join(client net.Conn, addr string) {
	defer client.Close()
	cache, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	go func() {
		defer cache.Close()
		_, _ = io.Copy(cache, client) // whatever ends it, the other side learns of it
	}()
	_, _ = io.Copy(client, cache)
}

// What is not over at the end of the timeout is broken off, and the exit code says so.
func TestTerminationGivesUp(t *testing.T) {
	t.Parallel()
	p, addr, _ := startDrained(t, "--drain-timeout", "100ms")
	stays := converse(t, "tcp", addr)
	stays.exchange("MULTI", "+OK")
	p.signal(syscall.SIGTERM)
	if log := p.end(1); !strings.Contains(log, "valetkey: not drained: ") || !strings.Contains(log, "connections broken off: 1") {
		t.Errorf("it said %s", log)
	}
	stays.hearEnd()
}

// A second signal does not wait for anybody.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, second := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p, addr, _ := startDrained(t, "--drain-delay", "1h", "--drain-timeout", "1h")
		c := converse(t, "tcp", addr)
		c.exchange("MULTI", "+OK")
		p.signal(syscall.SIGTERM)
		p.await("msg=draining")
		c.exchange("PING", "+QUEUED")
		p.signal(second)
		p.end(-1)
		if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != second {
			t.Errorf("it ended with %v, want it by %v", p.cmd.ProcessState, second)
		}
	}
}
