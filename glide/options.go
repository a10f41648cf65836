package glide

import "time"

// Defaults of [Options]. A token lives 15 minutes and a session 12 hours (AWS: "Authenticating with IAM"), so ten minutes are left on every
// stored token, and half of every session.
const (
	defaultRefresh = 5 * time.Minute
	defaultReauth  = 6 * time.Hour
	defaultRetry   = 5 * time.Second
	defaultWatch   = 15 * time.Second
	defaultMinLife = 30 * time.Second
)

// Options change how [Keep] keeps a client. The zero value is right for a cache on AWS; the durations scale down to milliseconds for
// tests against an emulator.
type Options struct {
	// Refresh is the time between two lazy updates, 5 minutes if zero. An update comes earlier where the token has less than twice that to live.
	Refresh time.Duration
	// Reauth is the time between two immediate updates, 6 hours if zero, and each is up to 10 % shorter or longer so that a fleet started
	// together does not sign in together. Negative means never: then the server cuts every connection after 12 hours. More often than
	// every hour or so gains nothing, and was seen to do harm (valkey-glide issue 5561).
	Reauth time.Duration
	// Retry is the time before a failed update is tried again. It doubles with every further failure up to sixteen times itself.
	// Zero means 5 seconds, or a tenth of Refresh if that is less.
	Retry time.Duration
	// MinLife is how long a token must be good for when it is handed to the client. Zero means 30 seconds, or half of Refresh
	// if that is less.
	MinLife time.Duration
	// Watch is the time between two Pings, with which a stuck client is noticed. Zero means 15 seconds, or half of Refresh if that is less.
	// Negative means no Pings, and no OnStuck.
	Watch time.Duration
	// OnError is told of every update that failed; it will be tried again. It is called by the goroutine that keeps
	// the client: it must return soon and must not call Stop or Renew.
	OnError func(error)
	// OnStuck is told, once each time it happens, that the client must be replaced: Stop the keeper, Close the client, make a new one and Keep
	// that. OnStuck has a goroutine of its own and may do all of this. It is told either
	//
	//   - that the client has not answered Ping since before the token it held expired. A standalone client in that state does not come back,
	//     whatever it is given. A cluster client does come back, so for one it means an outage longer than a token's life; or
	//   - that the client's replies are mixed up ([ErrMixedUp]), which leaves no time to lose.
	OnStuck func(Stuck)
}

// Stuck is what [Options.OnStuck] is told.
type Stuck struct {
	// Since is when Ping first failed.
	Since time.Time
	// Expired is when the token ends with which the client reconnects. It lies in the past unless Err is ErrMixedUp.
	Expired time.Time
	// Err is what the last Ping returned, or ErrMixedUp.
	Err error
}

func (o Options) withDefaults() Options {
	o.Refresh = or(max(o.Refresh, 0), defaultRefresh)
	o.Reauth = or(o.Reauth, defaultReauth)
	o.Retry = or(max(o.Retry, 0), min(defaultRetry, o.Refresh/10))
	o.MinLife = or(max(o.MinLife, 0), min(defaultMinLife, o.Refresh/2))
	o.Watch = or(o.Watch, min(defaultWatch, o.Refresh/2))
	return o
}

func or(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
