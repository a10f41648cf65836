package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A sidecar is a valetkey proxy that runs.
type sidecar struct {
	cmd         *exec.Cmd
	addr, admin string

	mu  sync.Mutex
	log bytes.Buffer
}

// sidecar starts one for a user, and returns when it listens.
func (s *stage) sidecar(ctx context.Context, w *workshop, user string) (*sidecar, error) {
	target := s.emulator.Target()
	target.User = user
	key, err := s.emulator.Credentials().Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	c := &sidecar{cmd: exec.CommandContext(ctx, w.path("valetkey"), "proxy", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
		"--ca-file", s.emulator.CAFile(), "--renew-after", s.renewAfter.String(), "--renew-by", (2 * s.renewAfter).String(), "--drain-timeout", "10s", target.URL())}
	environment := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "VALETKEY_") }) // its flags
	c.cmd.Env = append(environment, "AWS_ACCESS_KEY_ID="+key.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+key.SecretAccessKey, "AWS_SESSION_TOKEN="+key.SessionToken,
		"AWS_EC2_METADATA_DISABLED=true")
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go c.follow(stderr, ready)
	<-ready
	if c.addr == "" || c.admin == "" {
		return nil, errors.Join(fmt.Errorf("the sidecar does not listen: %s", c.words()), c.cmd.Wait())
	}
	return c, nil
}

// follow reads the log, and closes ready when the addresses are known, or never will be.
func (c *sidecar) follow(r io.Reader, ready chan struct{}) {
	told := sync.OnceFunc(func() { close(ready) })
	defer told()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := lines.Text()
		c.mu.Lock()
		fmt.Fprintln(&c.log, line)
		c.mu.Unlock()
		if c.addr != "" && c.admin != "" {
			continue
		}
		for _, word := range strings.Fields(line) {
			addr, ok := strings.CutPrefix(word, "address=")
			switch {
			case ok && strings.Contains(line, "msg=listening"):
				c.addr = addr
			case ok && strings.Contains(line, "msg=admin"):
				c.admin = addr
			}
		}
		if c.addr != "" && c.admin != "" {
			told()
		}
	}
}

func (c *sidecar) words() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// metrics adds what the sidecar has counted.
func (c *sidecar) metrics(ctx context.Context, res *result) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.admin+"/metrics", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "} ")
		n, _ := strconv.ParseFloat(value, 64) // of lines that are none, no name fits
		switch {
		case strings.HasPrefix(name, `valetkey_auth_total{`) && strings.Contains(name, `kind="refresh"`) && strings.Contains(name, `result="ok"`):
			res.counted += int(n)
		case strings.HasPrefix(name, `valetkey_connections_replaced_total{`), strings.HasPrefix(name, `valetkey_connections_cut_total{`):
			res.ended += int(n)
		}
	}
	return nil
}

// stop ends the sidecar, whose clients have left.
func (c *sidecar) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	kill := time.AfterFunc(30*time.Second, func() { c.cmd.Process.Kill() })
	defer kill.Stop()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("the sidecar: %w: %s", err, c.words())
	}
	return nil
}
