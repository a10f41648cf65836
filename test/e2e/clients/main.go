// Command clients runs every Go client that can be given a Dialer in every way that people use it, through many sessions, and writes what became
// of it as a table. The servers are real, single and a cluster, each behind an emulator with TLS whose sessions are short. Beside it the clients'
// own ways to stay authenticated have the same to do.
//
// GLIDE, which dials for itself, is kept by glide.Keep; it needs cgo, without which its rows are left out, and the command says so.
//
// It fails when a connection of the Dialer's was cut, or a command failed, or a message was lost or came twice.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/test/e2e/farm"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := clients(ctx, os.Args[1:]); err != nil {
		stop()
		log.Fatal(err)
	}
}

func clients(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("clients", flag.ExitOnError)
	m := &matrix{}
	flags.DurationVar(&m.session, "session", 5*time.Second, "what 12 hours are here")
	flags.IntVar(&m.lifetimes, "lifetimes", 31, "how many sessions each client lives through")
	flags.IntVar(&m.parallel, "parallel", 200, "how many clients run at a time")
	match := flags.String("match", "", "run only CLIENT/MECHANISM/TOPOLOGY/RESPn/WORKLOAD that match the `regexp`")
	file := flags.String("o", "", "write the page to this `file`; standard output is also where GLIDE logs")
	own := flags.Bool("own", true, "run the clients' own mechanisms too")
	_ = flags.Parse(args) // exits on an error
	wanted, err := regexp.Compile(*match)
	if err != nil {
		return err
	}
	if err := leaveAWS(); err != nil {
		return err
	}
	if !farm.Installed() {
		return errors.New("valkey-server is missing (Debian: apt install valkey-server)")
	}
	all := slices.DeleteFunc(cells(*own), func(c cell) bool { return !wanted.MatchString(c.String()) })
	if len(all) == 0 {
		return fmt.Errorf("nothing matches %s", wanted)
	}
	results, err := m.run(ctx, all, func(r result) { log.Printf("%s: %s", r.cell, r.numbers()) })
	if err != nil {
		return err
	}
	if err := writePage(*file, m, results); err != nil {
		return err
	}
	for _, d := range drivers() {
		if d.missing != "" {
			log.Printf("not run: %s: %s", d.name, d.missing)
		}
	}
	return verdict(results)
}

// leaveAWS puts the emulators' AWS credentials into the environment, the only place where GLIDE's own signer looks that is not this machine's.
func leaveAWS() error {
	var errs []error
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": emulator.ExampleAccessKeyID, "AWS_SECRET_ACCESS_KEY": emulator.ExampleSecretAccessKey, "AWS_SESSION_TOKEN": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		errs = append(errs, os.Setenv(name, value))
	}
	return errors.Join(errs...)
}

// verdict is an error if something went wrong under the Dialer, or with Keep.
func verdict(results []result) error {
	var errs []error
	for _, r := range results {
		if r.ours() && !r.clean() {
			errs = append(errs, fmt.Errorf("%s went wrong: %s; %d cut though renewed before; first error: %v", r.cell, r.numbers(), r.Lapsed, r.First))
		}
	}
	return errors.Join(errs...)
}
