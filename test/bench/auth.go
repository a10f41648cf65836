package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/valetkey/valetkey/emulator"
)

// A gate is a server that AUTH is sent to.
type gate struct {
	Name, Addr, User, Secret string

	proc process
}

// gatekeeper is the emulator as another process. It writes where it listens and what it accepts to its standard output.
func gatekeeper() error {
	s := &emulator.Server{Config: emulator.Config{NoTLS: true, Users: []emulator.User{{Name: "app"}, {Name: user, Passwords: []string{password}}}}}
	if err := s.Start(); err != nil {
		return err
	}
	defer s.Close()
	token, err := s.Source().Token(context.Background())
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, g := range []gate{{Name: "emulator, token", User: token.User(), Secret: token.Secret()}, {Name: "emulator, password", User: user, Secret: password}} {
		if g.Addr = s.Addr(); out.Encode(g) != nil {
			break
		}
	}
	_, err = io.Copy(io.Discard, os.Stdin) // until the other process ends
	return err
}

// startGates starts the emulator. The last of the gates is the real server.
func startGates(ctx context.Context, srv *server) (all []*gate, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "emulator")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() { in.Close(); cmd.Process.Kill(); cmd.Wait() }
	lines := json.NewDecoder(bufio.NewReader(out))
	for range 2 {
		g := &gate{proc: process(cmd.Process.Pid)}
		if err := lines.Decode(g); err != nil {
			stop()
			return nil, nil, fmt.Errorf("the emulator did not start: %w", err)
		}
		all = append(all, g)
	}
	return append(all, &gate{Name: "valkey-server, password", Addr: srv.plain, User: user, Secret: password, proc: process(srv.server.Pid())}), stop, nil
}

// A knock is connections that send AUTH, so many at a time each.
type knock struct{ conns, batch int }

// auths prints how fast tokens are verified beside passwords.
func auths(ctx context.Context, out, _ io.Writer, srv *server, o options) error {
	all, stop, err := startGates(ctx, srv)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprint(out, "\n| connections, AUTHs in flight each | server, secret | AUTHs/s | ÷ valkey-server | CPU of the server per AUTH | ÷ valkey-server |\n| --- | --- | --: | --: | --: | --: |\n")
	for _, k := range []knock{{1, 50}, {50, 1}} {
		if err := k.compare(ctx, out, all, o); err != nil {
			return err
		}
	}
	return nil
}

// compare has the gates take turns, and prints their lines.
func (k knock) compare(ctx context.Context, out io.Writer, all []*gate, o options) error {
	rate, cpu := make([][]float64, len(all)), make([][]float64, len(all))
	for range o.rounds {
		for i, g := range all {
			perSecond, each, err := k.turn(ctx, g, o.slice)
			if err != nil {
				return fmt.Errorf("%s: %w", g.Name, err)
			}
			rate[i], cpu[i] = append(rate[i], perSecond), append(cpu[i], each)
		}
	}
	last := len(all) - 1
	for i, g := range all {
		fmt.Fprintf(out, "| %d, %d | %s | %.0f | %s | %.1f µs | %s |\n", k.conns, k.batch, g.Name,
			middle(rate[i]), spread(ratios(rate[i], rate[last])), middle(cpu[i]), spread(ratios(cpu[i], cpu[last])))
	}
	return nil
}

func ratios(a, b []float64) (all []float64) {
	for i := range a {
		all = append(all, a[i]/b[i])
	}
	return all
}

// turn sends AUTH for about as long as slice.
func (k knock) turn(ctx context.Context, g *gate, slice time.Duration) (perSecond, cpuEach float64, err error) {
	conns := make([]net.Conn, k.conns)
	for i := range conns {
		if conns[i], err = (&net.Dialer{}).DialContext(ctx, "tcp", g.Addr); err != nil {
			return 0, 0, err
		}
		defer conns[i].Close()
	}
	before, err := g.proc.cpu()
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	counts, errs := make([]int, k.conns), make([]error, k.conns)
	var wg sync.WaitGroup
	for i, conn := range conns {
		wg.Go(func() { counts[i], errs[i] = k.send(conn, g, start.Add(slice)) })
	}
	wg.Wait()
	took, sum := time.Since(start), 0
	for i, err := range errs {
		if sum += counts[i]; err != nil {
			return 0, 0, err
		}
	}
	after, err := g.proc.cpu()
	return float64(sum) / took.Seconds(), float64((after - before).Nanoseconds()) / 1e3 / float64(sum), err
}

// send sends batches of AUTH until the given time.
func (k knock) send(conn net.Conn, g *gate, until time.Time) (n int, err error) {
	one := fmt.Sprintf("*3\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(g.User), g.User, len(g.Secret), g.Secret)
	batch, buf := exchange{[]byte(strings.Repeat(one, k.batch)), strings.Repeat("+OK\r\n", k.batch)}, make([]byte, 5*k.batch)
	for time.Now().Before(until) {
		if err := batch.run(conn, buf); err != nil {
			return n, err
		}
		n += k.batch
	}
	return n, nil
}
