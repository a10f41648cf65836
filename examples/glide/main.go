// Command glide signs in to a cache with an IAM token through Valkey GLIDE, and stays signed in.
//
// It is the procedure of GLIDE's documentation ("Use AWS SDK To Integrate AWS IAM" and "Dynamic Password Management"), step for step: a
// credentials provider, a cluster client with user and token over TLS, a PING, a lazy update, a PING, an immediate update, a PING. Then it
// hands the two updates to glide.Keep, which is all that a program needs.
//
// Against a cache on AWS, with the AWS credentials of the environment, ~/.aws, the instance or the task:
//
//	go run ./examples/glide rediss://app@clustercfg.orders.xxxxxx.euw1.cache.amazonaws.com:6379
//
// Against the emulator, which has a certificate authority and an access key of its own, in front of a Valkey without authentication:
//
//	valkey-server --port 7000 --bind 127.0.0.1
//	go run ./cmd/valetkey emulator --listen 127.0.0.1:6380 --upstream 127.0.0.1:7000 --tls-dir /tmp/emulator --name orders --user app \
//		--region eu-west-1 --access-key-id AKIAIOSFODNN7EXAMPLE --secret-access-key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
//	AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY \
//		go run ./examples/glide -standalone -ca /tmp/emulator/ca.pem 'rediss://app@localhost:6380?name=orders&region=eu-west-1'
//
// The emulator's embedded engine will not do: a standalone client of GLIDE asks for INFO REPLICATION, which it does not have.
// The URL may also come from VALETKEY_URL. Leave -standalone out for a cache in cluster mode, which every serverless cache is.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/glide"
)

// settings come from the command line.
type settings struct {
	url        string        // the cache and the user, as valetkey.ParseTarget reads them
	ca         string        // PEM file of the root certificates to trust, "" for the system's
	standalone bool          // the cache is not in cluster mode
	keep       time.Duration // how long to stay; 0 is until interrupted
	options    glide.Options
}

func main() {
	// A connection that the server cuts while GLIDE writes to it would end the program otherwise.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parse(os.Args[1:])); err != nil {
		fmt.Fprintln(os.Stderr, "glide:", err)
		os.Exit(1)
	}
}

// parse reads the command line. It has a flag set of its own, because GLIDE adds flags of its tests to the usual one.
func parse(args []string) settings {
	var s settings
	flags := flag.NewFlagSet("glide", flag.ExitOnError)
	flags.StringVar(&s.ca, "ca", "", "PEM `file` with the root certificate to trust instead of the system's; the emulator's ca.pem")
	flags.BoolVar(&s.standalone, "standalone", false, "use a standalone client: the cache is not in cluster mode")
	flags.DurationVar(&s.keep, "keep", 0, "how long to stay signed in; 0 is until interrupted")
	flags.DurationVar(&s.options.Refresh, "refresh", 0, "time between lazy updates; 0 is 5m")
	flags.DurationVar(&s.options.Reauth, "reauth", 0, "time between immediate updates; 0 is 6h")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: glide [flags] rediss://USER@HOST:PORT[?name=N&region=R&service=S&serverless=true]")
		flags.PrintDefaults()
	}
	_ = flags.Parse(args) // exits on an error
	if s.url = flags.Arg(0); s.url == "" {
		s.url = os.Getenv("VALETKEY_URL")
	}
	return s
}

func run(ctx context.Context, s settings) error {
	target, err := valetkey.ParseTarget(s.url)
	if err != nil {
		return err
	}

	// 1. The credentials provider: it signs a token for the cache and the user with the AWS credentials it finds. Nothing is sent.
	source, err := newProvider(ctx, target)
	if err != nil {
		return err
	}

	// 2. The client, with user and token, over TLS. The token must be fresh when the client connects, so it is made just before.
	user, token, err := glide.Credentials(ctx, source)
	if err != nil {
		return err
	}
	client, err := newClient(s, target, user, token)
	if err != nil {
		return err
	}
	defer client.Close()

	// 3. The connection is authenticated.
	if err := ping(ctx, client, "signed in"); err != nil {
		return err
	}

	// 4. The lazy update: GLIDE keeps the new token for its next reconnection. Nothing is sent.
	if err := update(ctx, client, source, false); err != nil {
		return err
	}
	if err := ping(ctx, client, "after the lazy update"); err != nil {
		return err
	}

	// 5. The immediate update: GLIDE keeps the new token and sends AUTH on its connections now, which prolongs their sessions by 12 hours.
	if err := update(ctx, client, source, true); err != nil {
		return err
	}
	if err := ping(ctx, client, "after the immediate update"); err != nil {
		return err
	}

	// 6. From here on Keep does 4 every five minutes and 5 every six hours.
	return stay(ctx, s, client, source)
}

// update hands the client a new token. Keep does this, with what this leaves out: it tries again, and it looks at the token's expiry.
func update(ctx context.Context, client client, source valetkey.Source, immediate bool) error {
	token, err := source.Token(ctx)
	if err != nil {
		return err // an empty password would make GLIDE reconnect without authentication
	}
	if _, err := client.UpdateConnectionPassword(ctx, token.Secret(), immediate); err != nil {
		return fmt.Errorf("update the password (immediate: %t): %w", immediate, err)
	}
	return nil
}

func ping(ctx context.Context, client client, when string) error {
	pong, err := client.Ping(ctx)
	if err != nil {
		return fmt.Errorf("PING, %s: %w", when, err)
	}
	fmt.Printf("%s: %s\n", when, pong)
	return nil
}

// stay keeps the client signed in until ctx ends or the time is over.
func stay(ctx context.Context, s settings, client client, source valetkey.Source) error {
	if s.keep > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.keep)
		defer cancel()
	}
	stuck := make(chan glide.Stuck, 1)
	s.options.OnError = func(err error) { fmt.Fprintln(os.Stderr, "glide: will try again:", err) }
	s.options.OnStuck = func(s glide.Stuck) { stuck <- s }
	keeper := glide.Keep(ctx, client, source, s.options)
	defer keeper.Stop()

	select {
	case <-ctx.Done():
	case s := <-stuck:
		// A service would make a new client here, or end and be started again.
		return fmt.Errorf("no answer since %s: %w", s.Since.Format(time.TimeOnly), s.Err)
	}
	done := keeper.Stats()
	fmt.Printf("kept signed in: %d lazy updates, %d immediate updates, %d errors\n", done.Lazy, done.Immediate, done.Errors)
	return ping(context.Background(), client, "at the end")
}
