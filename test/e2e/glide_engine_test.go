//go:build cgo

package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	valkeyglide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/glide"
)

// These tests are about the engine's own AUTH, which the emulator answers in its place: there is none in front here.

// passwords is a source of a password that is right at first and wrong after that.
type passwords struct{ wrong atomic.Bool }

func (p *passwords) Token(context.Context) (valetkey.Token, error) {
	if p.wrong.Load() {
		return valetkey.NewToken("app", "wrong", time.Now().Add(15*time.Minute)), nil
	}
	return valetkey.NewToken("app", "right", time.Now().Add(15*time.Minute)), nil
}

func startValkeyWithUser(t *testing.T, rules ...string) (*valkeyServer, glideClient) {
	t.Helper()
	raceless()
	v := startValkey(t)
	v.do(t, append([]string{"ACL", "SETUSER", "app", "on", ">right", "~*"}, rules...)...)
	client, err := valkeyglide.NewClient(config.NewClientConfiguration().
		WithAddress(&config.NodeAddress{Host: "127.0.0.1", Port: v.Port}).
		WithCredentials(config.NewServerCredentials("app", "right")).WithRequestTimeout(requestTimeout))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return v, client
}

// A refused AUTH between other commands mixes up the replies of an engine that drops its error. The keeper must say so where it happens, which is
// Valkey before 8.1.3, and must not where it does not.
func TestGlideMixedUpReplies(t *testing.T) {
	_, client := startValkeyWithUser(t, "+@all")
	source, told := &passwords{}, make(chan glide.Stuck, 1)
	keeper := glide.Keep(t.Context(), client, source, glide.Options{OnStuck: func(s glide.Stuck) { told <- s }})
	defer keeper.Stop()
	if err := keeper.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	source.wrong.Store(true)
	ctx, stop := context.WithCancel(t.Context())
	var mixed atomic.Bool
	var busy sync.WaitGroup
	for i := range 8 {
		busy.Go(func() { hurry(ctx, client, fmt.Sprint("hurry:", i), &mixed) })
	}
	for try := 0; try < 30 && !keeper.Stats().Stuck; try++ {
		if keeper.Renew(t.Context()) == nil {
			t.Log("a refused update was said to be accepted: its reply was another command's")
		}
	}
	reported := keeper.Stats().Stuck
	stop()
	busy.Wait()
	t.Logf("replies mixed up: %t, reported: %t", mixed.Load(), reported)
	if mixed.Load() != reported {
		t.Errorf("replies mixed up: %t, reported: %t, want the same", mixed.Load(), reported)
	}
	if reported {
		if s := <-told; !errors.Is(s.Err, glide.ErrMixedUp) {
			t.Errorf("told %v, want %v", s.Err, glide.ErrMixedUp)
		}
	}
}

// hurry increments a counter as fast as it can, and notes whether a reply was another command's.
func hurry(ctx context.Context, client glideClient, key string, mixed *atomic.Bool) {
	for n := int64(1); ctx.Err() == nil; n++ {
		got, err := client.Incr(context.Background(), key)
		if err != nil || got != n {
			mixed.Store(true)
			n = got
		}
	}
}

// A user who may not send PING gets an answer all the same, which the keeper must not take for silence.
func TestGlideUserWithoutPing(t *testing.T) {
	_, client := startValkeyWithUser(t, "+@all", "-ping")
	if answers(t, client) {
		t.Fatal("the user may send PING")
	}
	keeper := glide.Keep(t.Context(), client, &passwords{}, glide.Options{})
	defer keeper.Stop()
	if err := keeper.Renew(t.Context()); err != nil { // a Ping is part of it
		t.Fatal(err)
	}
	if s := keeper.Stats(); !s.SilentSince.IsZero() {
		t.Errorf("keeper: %+v, want no silence", s)
	}
}
