package valetkey

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	defaultReuse = time.Minute
	fetchLimit   = time.Minute // ends a fetch that nobody could end otherwise, so that the next caller starts afresh
)

// Reuse returns a Source that hands out the same token for up to d; d <= 0 means one minute. Keep d short: a token that is used
// late in its life can expire on the way.
//
// A token is handed out again only while it has a fair part of its life left and, when src is a [Signer], while the
// provider returns the credentials that signed it: rotated credentials are used at once. While a provider fails, the token at hand
// is used until d is over. Concurrent callers share one fetch; each waits no longer than its own context allows, and a caller
// that leaves does not stop the fetch for the others. Handing out a token again does not allocate, provided that src is not a
// Signer or that its provider is an aws.CredentialsCache.
//
// Applying Reuse twice is the same as applying it once with the shorter time.
func Reuse(src Source, d time.Duration) Source {
	d = positive(d, defaultReuse)
	if r, ok := src.(*reuse); ok {
		if r.d <= d {
			return r
		}
		src = r.src
	}
	signer, _ := src.(renewer)
	return &reuse{src: src, signer: signer, d: d}
}

// A renewer is a Source that can tell which credentials sign its tokens. Signer is one.
type renewer interface {
	Source
	peek() (identity, bool)
	renew(ctx context.Context, old identity) (Token, identity, error)
	floor() time.Duration
}

// A forgetter drops a token that the cache has refused.
type forgetter interface{ forget(Token) }

// reuse keeps one token.
type reuse struct {
	src    Source
	signer renewer // src, or nil if it is none
	d      time.Duration

	mu     sync.Mutex
	kept   kept
	flight *flight // the fetch under way, or nil
}

// kept is a token and when it may be handed out again: from made on, before useBy.
type kept struct {
	token       Token
	by          identity
	made, useBy time.Time
}

// fresh reports whether the token may be handed out at now. A clock that was set back makes the token's age unknown.
func (k *kept) fresh(now time.Time) bool { return now.Before(k.useBy) && !now.Before(k.made) }

// A flight is one fetch that any number of callers wait for. token and err are set before done is closed.
type flight struct {
	done  chan struct{}
	token Token
	err   error
}

// Token returns the token at hand or waits for a new one.
func (r *reuse) Token(ctx context.Context) (Token, error) {
	if t, ok := r.hit(); ok {
		return t, nil
	}
	f := r.join(ctx)
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return Token{}, &Error{Op: "wait for", Subject: "a token", Reason: CredentialsUnavailable, Err: ctx.Err()}
	}
}

// hit returns the token at hand if it is known to be good without waiting.
func (r *reuse) hit() (Token, bool) {
	k := r.atHand()
	if r.signer == nil || k.useBy.IsZero() {
		return k.token, !k.useBy.IsZero()
	}
	by, ok := r.signer.peek()
	return k.token, ok && by == k.by
}

// join returns the fetch under way, or starts one. It goes on without the caller that started it, who keeps his context's values.
func (r *reuse) join(ctx context.Context) *flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight == nil {
		f := &flight{done: make(chan struct{})}
		r.flight = f
		go r.run(context.WithoutCancel(ctx), f)
	}
	return r.flight
}

// run ends the flight with what fetch returns, or without it when the limit has passed.
func (r *reuse) run(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	got := make(chan func(), 1)
	go func() {
		k, err := r.fetch(ctx)
		got <- func() { r.land(f, k, err) }
	}()
	select {
	case land := <-got:
		land()
	case <-ctx.Done():
		r.land(f, kept{}, fetchError(ctx.Err()))
	}
}

// land keeps the token and lets the callers go.
func (r *reuse) land(f *flight, k kept, err error) {
	r.mu.Lock()
	if err == nil {
		r.kept = k
	}
	r.flight = nil
	r.mu.Unlock()
	f.token, f.err = k.token, err
	close(f.done)
}

// fetch returns a new token, or the one at hand if it is still good and the credentials are the same or cannot be had.
func (r *reuse) fetch(ctx context.Context) (kept, error) {
	for {
		old := r.atHand()
		t, by, err := r.ask(ctx, old.by)
		unchanged := old.by != (identity{}) && (err != nil || by == old.by)
		switch {
		case unchanged && r.atHand().made.Equal(old.made): // asking may have taken long, and the token may be forgotten by now
			return old, nil
		case err != nil:
			return kept{}, err
		case !unchanged:
			return r.keep(t, by)
		}
	}
}

// atHand returns the token at hand if it is fresh.
func (r *reuse) atHand() kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept.fresh(wallNow()) {
		return r.kept
	}
	return kept{}
}

// ask calls the source.
func (r *reuse) ask(ctx context.Context, old identity) (Token, identity, error) {
	if r.signer != nil {
		return r.signer.renew(ctx, old)
	}
	t, err := r.src.Token(ctx)
	return t, identity{}, err
}

// keep decides how long a new token may be handed out again: for d, and not in the last part of its life.
// A token without a known expiry is kept for d.
func (r *reuse) keep(t Token, by identity) (kept, error) {
	now := wallNow()
	if t.Secret() == "" {
		return kept{}, fetchError(errors.New("the source returned an empty token without an error"))
	}
	k := kept{token: t, by: by, made: now, useBy: now.Add(r.d)}
	if t.expires.IsZero() {
		return k, nil
	}
	left := t.expires.Sub(now)
	if left <= 0 {
		return kept{}, fetchError(errors.New("the source returned a token that has expired: is the clock right?"))
	}
	if last := t.expires.Add(-r.floor(left)); last.Before(k.useBy) {
		k.useBy = last
	}
	return k, nil
}

// floor is the Signer's, or for other sources what a Signer's would be for a token of this life.
func (r *reuse) floor(life time.Duration) time.Duration {
	if r.signer != nil {
		return r.signer.floor()
	}
	return min(maxFloor, life/2)
}

// forget drops the token if it is the one at hand, so that the next caller gets a new one.
func (r *reuse) forget(t Token) {
	r.mu.Lock()
	if r.kept.token.Secret() == t.Secret() {
		r.kept = kept{}
	}
	r.mu.Unlock()
	if f, ok := r.src.(forgetter); ok {
		f.forget(t)
	}
}

func fetchError(err error) error {
	return &Error{Op: "fetch", Subject: "a token", Reason: CredentialsUnavailable, Err: err}
}

// wallNow is the time without its monotonic reading, which stands still while a machine sleeps.
func wallNow() time.Time { return time.Now().Round(0) }
