package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// clusterPrograms write and read many keys through a cluster client until they are stopped, and check every reply.
func clusterPrograms() []program {
	return []program{
		{name: "redis-py", language: "python", command: python("cluster.py", "redis")},
		{name: "valkey-py", language: "python", command: python("cluster.py", "valkey")},
		{name: "GLIDE for Python", language: "python", command: python("glide_cluster.py")},
		{name: "ioredis", language: "node", command: node("ioredis_cluster.js", "ioredis")},
		{name: "iovalkey", language: "node", command: node("ioredis_cluster.js", "iovalkey")},
		{name: "node-redis", language: "node", command: node("noderedis_cluster.js")},
		{name: "GLIDE for Node", language: "node", command: node("glide_cluster.js")},
	}
}

// A theatre is a cluster behind a sidecar, which goes through a drill while all clients are at work. The program clusterstage is the cluster, and
// sees to it that no client connects to a node itself.
type theatre struct {
	*workshop
	session time.Duration
	dir     string // has the file that stops the clients
	seed    string
}

// A drilled is what the drill came to.
type drilled struct {
	results []result
	counts  struct {
		Nodes    []any
		Renewals int
		Clients  int
	}
	err error
}

func prefix(i int) string { return fmt.Sprintf("drill%d:", i) }

// drill runs the programs through it.
func (s *stage) drill(ctx context.Context, w *workshop, all []program) (d drilled) {
	if len(all) == 0 {
		return d
	}
	dir, err := os.MkdirTemp("", "valetkey-drill-")
	if err != nil {
		return drilled{err: err}
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	t := &theatre{workshop: w, session: s.session, dir: dir}
	if err := t.run(ctx, all, &d); err != nil {
		d.err = err
	}
	for _, r := range d.results {
		log.Print(r.clusterLine())
	}
	return d
}

func (t *theatre) run(ctx context.Context, all []program, d *drilled) error {
	var moved []string
	for i := range all {
		moved = append(moved, prefix(i)+"0", prefix(i)+"1")
	}
	cmd := exec.CommandContext(ctx, t.path("clusterstage"), "-session", t.session.String(), "-between", "1500ms", "-keys", strings.Join(moved, ","))
	var words bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &words, 10*time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = t.direct(ctx, all, d, in, bufio.NewScanner(out))
	in.Close()
	if ended := cmd.Wait(); ended != nil {
		err = errors.Join(err, fmt.Errorf("clusterstage: %w: %s", ended, words.String()))
	}
	return err
}

// direct has the clients begin, the drill begin and end, and the clients end.
func (t *theatre) direct(ctx context.Context, all []program, d *drilled, in io.WriteCloser, out *bufio.Scanner) error {
	var err error
	if t.seed, err = await(out, "seed"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.results = make([]result, len(all))
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() { d.results[i] = t.perform(ctx, p, prefix(i)) })
	}
	_, err = fmt.Fprintln(in, "drill")
	if err == nil {
		_, err = await(out, "drilled")
	}
	err = errors.Join(err, os.WriteFile(t.stop(), nil, 0o600))
	if err != nil {
		time.AfterFunc(10*time.Second, cancel) // some clients wait for ever for a cluster that is gone
	}
	wg.Wait()
	in.Close() // the end of its orders: it tells what it has counted
	if err != nil || !out.Scan() {
		return errors.Join(err, out.Err())
	}
	return json.Unmarshal(out.Bytes(), &d.counts)
}

// await reads lines until one begins with the word, and returns its rest.
func await(out *bufio.Scanner, word string) (rest string, err error) {
	for out.Scan() {
		if first, rest, _ := strings.Cut(out.Text(), " "); first == word {
			return rest, nil
		}
		log.Print("cluster: ", out.Text())
	}
	return "", errors.Join(fmt.Errorf("clusterstage ended before it said %q", word), out.Err())
}

func (t *theatre) stop() string { return filepath.Join(t.dir, "stop") }

// perform runs one client to its end. It logs in with a user and a password that the cache does not know.
func (t *theatre) perform(ctx context.Context, p program, prefix string) result {
	r := result{run: run{program: p, handshake: handshake{username: "anybody", password: "dummy"}}}
	host, port, err := net.SplitHostPort(t.seed)
	if err != nil {
		r.err = err
		return r
	}
	r.report, r.err = t.execute(ctx, r.run, "HOST="+host, "PORT="+port, "PREFIX="+prefix, "STOP="+t.stop())
	return r
}

// clusterTrouble is what was not as it must be.
func (r result) clusterTrouble() error {
	errs := []error{r.err}
	if r.Errors > 0 {
		errs = append(errs, fmt.Errorf("%d errors, the first: %s", r.Errors, r.First))
	}
	if r.Commands < 10*enoughCommands {
		errs = append(errs, fmt.Errorf("%d commands: too few", r.Commands))
	}
	return errors.Join(errs...)
}

func (r result) clusterLine() string {
	s := fmt.Sprintf("%s, cluster: %s: %d commands, %d errors", r.name, r.Version, r.Commands, r.Errors)
	if err := r.clusterTrouble(); err != nil {
		s += "\n\tNOT CLEAN: " + err.Error()
	}
	return s
}

// trouble is what went wrong in the drill.
func (d drilled) trouble() error {
	errs := []error{d.err}
	for _, r := range d.results {
		if err := r.clusterTrouble(); err != nil {
			errs = append(errs, fmt.Errorf("%s, cluster: %w", r.name, err))
		}
	}
	if n := len(d.results); n > 0 && (d.counts.Renewals < n*enoughRenewals || len(d.counts.Nodes) < 6) {
		errs = append(errs, fmt.Errorf("%d renewals and %d nodes: too few", d.counts.Renewals, len(d.counts.Nodes)))
	}
	return errors.Join(errs...)
}
