package count

import "github.com/valetkey/valetkey"

// Event calls add for each counter that an event counts in, with the values of the counter's labels.
func Event(e valetkey.Event, add func(c Counter, values ...string)) {
	switch e.Kind {
	case valetkey.Dialed:
		add(Dials, ok)
		add(Auths, connect, ok)
	case valetkey.Renewed:
		add(Auths, refresh, ok)
	case valetkey.Deferred:
		add(Deferred, reasonLabel(e.Reason))
	case valetkey.Failed:
		failure(e, add)
	case valetkey.Replaced:
		add(Replaced, reasonLabel(e.Reason))
	case valetkey.Cut:
		add(Cuts)
	}
}

func failure(e valetkey.Event, add func(Counter, ...string)) {
	result := resultLabel(e.Err)
	if e.Age != 0 { // since an authentication, so this one was not the first
		add(Auths, refresh, result)
		return
	}
	add(Dials, result)
	if reachedAuth(e.Err) {
		add(Auths, connect, result)
	}
}

// Series calls each for every series that there can be, so that all of them can be there from the start.
func Series(each func(c Counter, values ...string)) {
	for _, result := range results() {
		each(Dials, result)
		each(Auths, connect, result)
		each(Auths, refresh, result)
	}
	for _, reason := range reasons() {
		each(Deferred, reason)
		each(Replaced, reason)
	}
	each(Replaced, failing)
	each(Cuts)
}
