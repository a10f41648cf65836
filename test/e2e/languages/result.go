package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// What makes a run a test: less would be clean by chance.
const (
	enoughRenewals = 20
	enoughCommands = 50
	enoughMessages = 20
)

// A report is what a program says of its run.
type report struct {
	Client, Version            string
	Commands, Rounds, Messages int
	Errors, Lost, Doubled      int
	First                      string // error
}

// A result is what a run came to. The counts of the report are the client's, the others the emulator's, but for the last line's.
type result struct {
	run
	report
	connections, renewals, cuts, refusals int
	counted, ended                        int // renewals, and connections cut or replaced, as the sidecar counts them
	err                                   error
}

// perform runs the program and asks the server itself how often its counter was incremented.
func (s *stage) perform(ctx context.Context, w *workshop, res *result, side *sidecar, user string) error {
	host, port, err := net.SplitHostPort(side.addr)
	if err != nil {
		return err
	}
	prefix := user + ":"
	ctx, cancel := context.WithTimeout(ctx, s.duration+90*time.Second)
	defer cancel()
	res.report, err = w.execute(ctx, res.run, "HOST="+host, "PORT="+port, fmt.Sprintf("DURATION=%g", s.duration.Seconds()), "PREFIX="+prefix)
	if err != nil {
		return err
	}
	if res.jobs {
		return nil
	}
	counter, err := s.engine.Do("GET", prefix+"counter")
	if err == nil && counter != fmt.Sprint(res.Rounds) {
		err = fmt.Errorf("the server has counted %q, the client %d", counter, res.Rounds)
	}
	return err
}

// execute runs a program in its place, and returns what it reports.
func (w *workshop) execute(ctx context.Context, r run, env ...string) (told report, err error) {
	cmd := exec.CommandContext(ctx, r.command[0], r.command[1:]...)
	if _, err := os.Stat(w.path(r.language, r.command[0])); err == nil {
		cmd.Path, cmd.Err = w.path(r.language, r.command[0]), nil
	}
	cmd.Dir, cmd.WaitDelay = w.path(r.language), 5*time.Second
	cmd.Env = append(os.Environ(), "USERNAME="+r.username, "PASSWORD="+r.password, "PROTOCOL="+r.protocol, "LC_ALL=C.UTF-8")
	cmd.Env = append(cmd.Env, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // frameworks have workers, which must not outlive them
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	switch err := cmd.Run(); {
	case errors.Is(err, exec.ErrNotFound):
		return told, fmt.Errorf("%w\n\t%s", err, missingHint)
	case err != nil:
		return told, fmt.Errorf("%w: %s", err, words.Bytes()[max(0, words.Len()-2000):])
	}
	for line := range bytes.Lines(out.Bytes()) {
		if bytes.HasPrefix(line, []byte("{")) { // GLIDE has log lines there too
			err = json.Unmarshal(line, &told)
		}
	}
	if told.Client == "" {
		err = errors.Join(err, errors.New("it has reported nothing"))
	}
	if err != nil {
		return told, fmt.Errorf("its report: %w: %.500s", err, out.String())
	}
	return told, nil
}

// trouble is what was not as it must be.
func (r result) trouble() error {
	errs := []error{r.err}
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(r.Errors == 0, "%d errors, the first: %s", r.Errors, r.First)
	want(r.Lost == 0 && r.Doubled == 0, "%d messages lost, %d doubled", r.Lost, r.Doubled)
	want(r.cuts == 0 && r.ended == 0, "%d connections cut as the emulator counts, %d cut or replaced as the sidecar does", r.cuts, r.ended)
	want(r.refusals == 0, "%d refusals", r.refusals)
	want(r.renewals >= enoughRenewals && r.counted >= enoughRenewals, "%d renewals as the emulator counts, %d as the sidecar does: too few", r.renewals, r.counted)
	want(r.Commands >= enoughCommands && r.Messages >= enoughMessages, "%d commands and %d messages: too few", r.Commands, r.Messages)
	return errors.Join(errs...)
}

// String is the result on one line.
func (r result) String() string {
	s := fmt.Sprintf("%s: %s: %d commands, %d messages, %d errors, %d lost, %d doubled; %d connections, %d renewals, %d cuts",
		r.run, r.Version, r.Commands, r.Messages, r.Errors, r.Lost, r.Doubled, r.connections, r.renewals, r.cuts)
	if err := r.trouble(); err != nil {
		s += "\n\tNOT CLEAN: " + err.Error()
	}
	return s
}
