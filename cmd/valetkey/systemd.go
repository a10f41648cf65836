package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
)

// passedPrefix makes an address to listen on of the name that a socket unit gives its sockets (FileDescriptorName=).
const passedPrefix = "systemd:"

// passedSockets are those that systemd has opened for this process (sd_listen_fds(3)) and that nothing listens on yet.
type passedSockets []*os.File

// receiveSockets takes them over. It works once: what it reads leaves the environment.
func receiveSockets() passedSockets { return activation.Files(true) }

// take returns the listeners with a name, of which there may be several: a unit may name many addresses.
func (p *passedSockets) take(name string) ([]net.Listener, error) {
	var taken []net.Listener
	var left passedSockets
	for _, f := range *p {
		if f.Name() != name {
			left = append(left, f)
			continue
		}
		ln, err := net.FileListener(f) // a duplicate
		f.Close()
		if err != nil {
			return taken, fmt.Errorf("socket %q of systemd: %w", name, err)
		}
		taken = append(taken, ln)
	}
	if len(taken) == 0 {
		return nil, fmt.Errorf("systemd has passed no socket with the name %q, %s", name, p)
	}
	*p = left
	return taken, nil
}

// String says which there are.
func (p *passedSockets) String() string {
	if len(*p) == 0 {
		return "and no other"
	}
	var names []string
	for _, f := range *p {
		names = append(names, strconv.Quote(f.Name()))
	}
	return "but " + strings.Join(names, ", ")
}

// unused is an error if a socket has been passed that nothing listens on: its clients would wait for ever.
func (p *passedSockets) unused() error {
	if len(*p) == 0 {
		return nil
	}
	name := (*p)[0].Name()
	return &exitError{exitUsage, fmt.Errorf("proxy: systemd has passed the socket %q, and no --listen is for it", name), "--listen " + passedPrefix + name}
}

// worldWritable is an error if every user of the machine may connect to a Unix socket, which is what socket units do if not told otherwise.
func worldWritable(ln net.Listener) error {
	addr, ok := ln.Addr().(*net.UnixAddr)
	if !ok {
		return nil
	}
	info, err := os.Stat(addr.Name)
	if err == nil && info.Mode().Perm()&0o002 == 0 {
		return nil
	}
	return &exitError{exitUsage, fmt.Errorf("proxy: listen on %s: every user of this machine may connect, and no password is asked for", addr),
		"SocketMode=0600 in the socket unit, or 0660 with SocketGroup=; or --allow-uid"}
}

// tellSystemd sends a state of sd_notify(3), if somebody listens.
func tellSystemd(log *slog.Logger, state ...string) {
	if _, err := daemon.SdNotify(false, strings.Join(state, "\n")); err != nil {
		log.Warn("cannot tell systemd", "err", err)
	}
}

// reportToSystemd says that the fleet has started, and from then on how it is: when that changes, and as often as a watchdog wants to hear.
// What it says has been asked of every server, so that a process that hangs falls silent.
func (f *fleet) reportToSystemd(ctx context.Context) {
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return
	}
	every := 5 * time.Second
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		f.log.Warn("systemd's watchdog is not understood", "err", err)
	}
	if interval > 0 {
		every = min(every, interval/3)
	}
	said := f.condition()
	tellSystemd(f.log, daemon.SdNotifyReady, "STATUS="+said)
	f.serving.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := f.condition()
			if interval > 0 || now != said {
				tellSystemd(f.log, daemon.SdNotifyWatchdog, "STATUS="+now)
			}
			said = now
		}
	})
}

// condition is the state of all caches in one line.
func (f *fleet) condition() string {
	if why := f.notReady(); why != "" {
		return "not ready: " + strings.Join(strings.FieldsFunc(why, func(r rune) bool { return r == '\n' }), "; ")
	}
	return "ready: " + f.names()
}

func (f *fleet) names() string {
	var all []string
	for _, s := range f.servers {
		all = append(all, s.Name)
	}
	return strings.Join(all, ", ")
}

// stopping tells systemd of a drain, and not to lose patience before it has run out of time.
func (f *fleet) stopping() {
	const close = 5 * time.Second // for what comes behind the drain
	tellSystemd(f.log, daemon.SdNotifyStopping, "STATUS=draining", fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (f.timeout+close).Microseconds()))
}
