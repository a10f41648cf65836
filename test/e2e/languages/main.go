// Command languages runs the clients of other languages, and Go's, in their real versions through valetkey proxy to the emulator with a real
// Valkey behind it, while every connection is authenticated again many times, and writes what became of them as a page.
//
// Each client is a program in a directory beside this one that does strings, pipelines, MULTI, pub/sub, BLPOP, Lua, SCAN and values of a
// megabyte, checks every reply, and prints one line of JSON. It is told what to do by the environment:
//
//	HOST PORT                     where the sidecar listens
//	DURATION                      for how many seconds
//	PREFIX                        of its keys and channels
//	USERNAME PASSWORD PROTOCOL    to log in with, and the version of RESP; its own default where they are empty
//
// It fails unless every run is clean: no error, nothing lost, nothing doubled, no connection cut or replaced, and enough renewals.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := languages(ctx, os.Args[1:]); err != nil {
		stop()
		log.Fatal("languages: ", err)
	}
}

func languages(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("languages", flag.ExitOnError)
	s := &stage{}
	flags.DurationVar(&s.session, "session", 5*time.Second, "what 12 hours are here")
	flags.DurationVar(&s.renewAfter, "renew-after", 600*time.Millisecond, "age from which the sidecar renews a connection")
	flags.DurationVar(&s.duration, "duration", 13*time.Second, "how long each run lasts")
	parallel := flags.Int("parallel", 6, "how many runs at a time")
	match := flags.String("match", "", "run only CLIENT/HANDSHAKE and CLIENT/cluster that match the `regexp`")
	cache := flags.String("cache", os.Getenv("VALETKEY_TEST_CACHE"), "`directory` for what is installed; default the user's cache")
	_ = flags.Parse(args) // exits on an error
	all, clustered, err := chosen(*match)
	if err != nil {
		return err
	}
	w, err := newWorkshop(*cache)
	if err != nil {
		return err
	}
	if err := w.install(ctx, spoken(all, clustered)); err != nil {
		return err
	}
	results, err := s.play(ctx, w, all, *parallel)
	if err != nil {
		return err
	}
	d := s.drill(ctx, w, clustered)
	page(os.Stdout, s, results, d)
	return errors.Join(verdict(results), d.trouble())
}

// chosen are the runs, and the programs for clusters, that match.
func chosen(match string) ([]run, []program, error) {
	wanted, err := regexp.Compile(match)
	if err != nil {
		return nil, nil, err
	}
	all := slices.DeleteFunc(runs(), func(r run) bool { return !wanted.MatchString(r.String()) })
	clustered := slices.DeleteFunc(clusterPrograms(), func(p program) bool { return !wanted.MatchString(p.name + "/cluster") })
	if len(all)+len(clustered) == 0 {
		return nil, nil, fmt.Errorf("nothing matches %s", wanted)
	}
	return all, clustered, nil
}

// spoken are the languages of the programs.
func spoken(all []run, clustered []program) map[string]bool {
	languages := map[string]bool{}
	for _, r := range all {
		languages[r.language] = true
	}
	for _, p := range clustered {
		languages[p.language] = true
	}
	return languages
}

// newWorkshop is one in the directory, or in the user's cache if none is named.
func newWorkshop(dir string) (*workshop, error) {
	if dir == "" {
		home, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("nowhere to install to: set VALETKEY_TEST_CACHE: %w", err)
		}
		dir = filepath.Join(home, "valetkey-test")
	}
	dir, err := filepath.Abs(filepath.Join(dir, "languages"))
	return &workshop{dir: dir}, errors.Join(err, os.MkdirAll(dir, 0o755))
}

// verdict is an error if a run was not clean.
func verdict(results []result) error {
	var errs []error
	for _, r := range results {
		if err := r.trouble(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.run, err))
		}
	}
	return errors.Join(errs...)
}
