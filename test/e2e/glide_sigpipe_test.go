//go:build cgo

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/internal/needs"
)

// GLIDE writes to a TLS connection with writev, on threads of its own, and a connection that the server has closed answers that with SIGPIPE. The
// Go runtime ends a program for a SIGPIPE outside Go unless it was told otherwise. So a cut can end a busy program.
func TestGlideCutEndsAProgram(t *testing.T) {
	if os.Getenv("VALETKEY_CUT_URL") != "" {
		busyUntilEOF(t) // in the program that the test starts
		return
	}
	needs.Server(t)
	t.Parallel()
	t.Run("as it is", func(t *testing.T) {
		cuts, err := cutBusyProgram(t, "")
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE {
			t.Errorf("after %d cuts: %v, want broken pipe: GLIDE has no such trap any more, and the documentation is wrong", cuts, err)
		}
		t.Logf("%v after %d cuts", err, cuts)
	})
	t.Run("notified", func(t *testing.T) {
		if cuts, err := cutBusyProgram(t, "yes"); err != nil || cuts < maxCuts {
			t.Errorf("after %d cuts: %v, want the program to live", cuts, err)
		}
	})
}

const maxCuts = 50

// cutBusyProgram runs this test's program and cuts its connection until it ends, or has lived through maxCuts.
func cutBusyProgram(t *testing.T, survive string) (cuts int, err error) {
	t.Helper()
	s := glideKind{}.open(t)
	token, err := s.Source().Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestGlideCutEndsAProgram$")
	cmd.Env = append(os.Environ(), "VALETKEY_CUT_URL="+s.URL(), "VALETKEY_CUT_CA="+s.CAFile(),
		"VALETKEY_CUT_TOKEN="+token.Secret(), "VALETKEY_CUT_SURVIVE="+survive)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if err != nil && said.Len() > 0 {
			err = fmt.Errorf("%w: %s", err, said.Bytes())
		}
		ended <- err
	}()
	if !eventually(t, 30*time.Second, func() bool { return s.Stats().Commands > 100 }) {
		t.Fatal("the program is not busy")
	}
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for cuts < maxCuts {
		select {
		case err := <-ended:
			return cuts, err
		case <-again.C:
			cuts += s.CutAll()
		}
	}
	stdin.Close() // which tells it to end
	return cuts, <-ended
}

// busyUntilEOF keeps a client busy until standard input ends.
func busyUntilEOF(t *testing.T) {
	if os.Getenv("VALETKEY_CUT_SURVIVE") != "" {
		surviveCuts()
	}
	client := cutClient(t)
	defer client.Close()
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	for i := range 8 {
		busy.Go(func() {
			for ctx.Err() == nil {
				_, _ = client.Incr(ctx, fmt.Sprint("cut:", i)) // what a cut does to a command is not the question here
			}
		})
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	busy.Wait()
}

// surviveCuts is what package glide's documentation says to do. signal.Ignore would do too, but started programs inherit it.
func surviveCuts() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

func cutClient(t *testing.T) *valkeyglide.Client {
	t.Helper()
	target, err := valetkey.ParseTarget(os.Getenv("VALETKEY_CUT_URL"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := config.LoadRootCertificatesFromFile(os.Getenv("VALETKEY_CUT_CA"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := valkeyglide.NewClient(config.NewClientConfiguration().
		WithAddress(&config.NodeAddress{Host: "localhost", Port: portOf(t, target.Address)}).WithUseTLS(true).
		WithCredentials(config.NewServerCredentials(target.User, os.Getenv("VALETKEY_CUT_TOKEN"))).WithRequestTimeout(requestTimeout).
		WithAdvancedConfiguration(config.NewAdvancedClientConfiguration().
			WithTlsConfiguration(config.NewTlsConfiguration().WithRootCertificates(root))))
	if err != nil {
		t.Fatal(err)
	}
	return client
}
