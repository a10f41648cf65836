package glide

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/valetkey/valetkey"
)

// ErrStopped is returned by [Keeper.Renew] after the keeper has ended.
var ErrStopped = errors.New("glide: the keeper has been stopped")

// A Keeper keeps one client signed in until it is stopped. Its methods may be called at any time from any goroutine.
type Keeper struct {
	client  Client
	source  valetkey.Source
	options Options

	cancel   context.CancelFunc
	done     chan struct{}
	renewals chan chan error

	// Only the keeper's goroutine touches these.
	schedule schedule
	watch    watch
	expires  time.Time // of the token the client has
	suspect  string    // the token with which an immediate update last failed

	mu    sync.Mutex
	stats Stats
}

// Keep starts to keep the client signed in with tokens of the source, until ctx ends or [Keeper.Stop] is called. It does not block: there is
// no error to wait for, since every failure is tried again, told to [Options.OnError] and kept in [Keeper.Stats].
//
// Call it right after making the client, whose sessions it takes to be new, and with a source for the same user. It stores a token at once,
// so that it knows how long the one the client has is good for, then one every [Options.Refresh]; every [Options.Reauth] it has AUTH
// sent on the live connections. One keeper for each client; they can share a source.
func Keep(ctx context.Context, client Client, source valetkey.Source, options Options) *Keeper {
	ctx, cancel := context.WithCancel(ctx)
	k := &Keeper{
		client:   client,
		source:   source,
		options:  options.withDefaults(),
		cancel:   cancel,
		done:     make(chan struct{}),
		renewals: make(chan chan error),
	}
	start := now()
	k.schedule = newSchedule(k.options, start)
	k.watch.answered(start.Add(maxTokenLife))
	go k.run(ctx)
	return k
}

// Stop ends the keeper and returns when it no longer uses the client, so that the client can be closed. It gives up an update under
// way. Stopping twice is harmless.
func (k *Keeper) Stop() {
	k.cancel()
	<-k.done
}

// Renew makes an immediate update now: it returns nil when every connection has been authenticated with a fresh token. An error is that of this
// one attempt; the keeper goes on trying. Use it after something changed for which live sessions should be new, such as the signing role.
func (k *Keeper) Renew(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case k.renewals <- reply:
	case <-ctx.Done():
		return ctx.Err()
	case <-k.done:
		return ErrStopped
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	defer k.cancel()
	for ctx.Err() == nil {
		k.work(ctx, now())
		timer := time.NewTimer(k.schedule.wait(now()))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case reply := <-k.renewals:
			reply <- k.reauthenticate(ctx)
		}
		timer.Stop()
	}
}

// work does what is due.
func (k *Keeper) work(ctx context.Context, at time.Time) {
	if due(k.schedule.reauth, at) {
		_ = k.reauthenticate(ctx) // has been reported, will be tried again
	}
	if due(k.schedule.refresh, at) {
		k.refresh(ctx)
	}
	if due(k.schedule.ping, at) {
		k.ping(ctx)
	}
}

// refresh makes a lazy update.
func (k *Keeper) refresh(ctx context.Context) {
	token, err := k.fetch(ctx)
	if err == nil {
		err = k.push(ctx, token, false)
	}
	if err != nil {
		k.schedule.notStored(k.options, now())
	}
}

// reauthenticate makes an immediate update, and then a Ping, to see whether it did harm (see ErrMixedUp). When the client fails at it,
// it is left with a token that may have been refused, since it stores before it authenticates; so the next token is stored right away.
func (k *Keeper) reauthenticate(ctx context.Context) error {
	token, err := k.fetch(ctx)
	if err != nil {
		k.schedule.notReauthenticated(k.options, now())
		return err
	}
	if err = k.push(ctx, token, true); err != nil {
		k.schedule.notReauthenticated(k.options, now())
		k.suspect = token.Secret()
		k.refresh(ctx)
	} else {
		k.schedule.reauthenticated(k.options, now())
	}
	if k.options.Watch > 0 {
		k.ping(ctx)
	}
	return err
}

// fetch gets a token fit to be stored.
func (k *Keeper) fetch(ctx context.Context) (valetkey.Token, error) {
	token, err := fetch(ctx, k.source, k.options.MinLife)
	if err != nil {
		k.failed(ctx, err)
	}
	return token, err
}

// push hands the client a token.
func (k *Keeper) push(ctx context.Context, token valetkey.Token, immediate bool) error {
	callCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if _, err := k.client.UpdateConnectionPassword(callCtx, token.Secret(), immediate); err != nil {
		err = updateError(token.User(), immediate, err)
		k.failed(ctx, err)
		return err
	}
	k.stored(token, immediate)
	return nil
}

// stored notes that the client has taken the token. A source that caches may have given the suspect one again: then
// the next is due soon.
func (k *Keeper) stored(token valetkey.Token, immediate bool) {
	first := k.expires.IsZero()
	k.expires = expiry(token)
	if first {
		k.watch.begin(k.expires)
	}
	k.schedule.stored(k.options, now(), k.expires)
	if !immediate && token.Secret() == k.suspect {
		k.schedule.notStored(k.options, now())
	}
	k.count(func(s *Stats) { s.updated(immediate, k.expires) })
}

// failed reports an update that failed, unless the keeper is being stopped.
func (k *Keeper) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	k.count(func(s *Stats) { s.Errors, s.LastError, s.LastErrorAt = s.Errors+1, err, now() })
	if k.options.OnError != nil {
		k.options.OnError(err)
	}
}

// ping watches over the client.
func (k *Keeper) ping(ctx context.Context) {
	k.schedule.ping = now().Add(k.options.Watch)
	pingCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	reply, err := k.client.Ping(pingCtx)
	switch {
	case ctx.Err() != nil: // being stopped
	case mixedUp(reply, err):
		k.silent(ErrMixedUp)
	case err == nil || forbidden(err):
		k.answered()
	default:
		k.silent(err)
	}
}

func (k *Keeper) answered() {
	held := k.expires
	if held.IsZero() {
		held = k.watch.held
	}
	k.watch.answered(held)
	k.count(func(s *Stats) { s.SilentSince, s.Stuck = time.Time{}, false })
}

func (k *Keeper) silent(err error) {
	stuck := k.watch.failed(now(), err == ErrMixedUp)
	k.count(func(s *Stats) { s.SilentSince, s.Stuck = k.watch.since, k.watch.reported })
	if stuck && k.options.OnStuck != nil {
		go k.options.OnStuck(Stuck{Since: k.watch.since, Expired: k.watch.held, Err: err})
	}
}
