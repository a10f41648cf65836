package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/valetkey/valetkey/proxy"
)

// open listens everywhere, and serves.
func (o *proxyOptions) open(f *fleet) error {
	passed := receiveSockets()
	if o.admin != "" {
		ln, err := listenAdmin(&passed, o.admin)
		if err != nil {
			return err
		}
		f.admin = ln
	}
	for i, s := range f.servers {
		listeners, err := o.sidecars[i].open(&passed, s)
		f.listeners = append(f.listeners, listeners)
		if err != nil {
			return err
		}
	}
	if err := passed.unused(); err != nil {
		return err
	}
	for i, s := range f.servers {
		for _, ln := range f.listeners[i] {
			f.serve(s, ln)
			f.log.Info("listening", "address", ln.Addr().String(), "target", s.Name, "upstream", s.Addr)
		}
	}
	return nil
}

// open listens for a target's clients, on what only the right ones can reach. What it returns beside an error is open, too.
func (s *sidecar) open(passed *passedSockets, server *proxy.Server) ([]net.Listener, error) {
	listeners, err := listen(passed, s.listen)
	if err != nil {
		return listeners, listenError("proxy", err, s.listen)
	}
	choosy := len(s.allowUsers)+len(s.allowGroups) > 0
	for _, ln := range listeners {
		switch {
		case choosy && ln.Addr().Network() != "unix":
			err = &exitError{exitUsage, fmt.Errorf("proxy: listen on %s: %w", ln.Addr(), proxy.ErrNoPeers), "--listen unix:PATH, or no --allow-uid and --allow-gid"}
		case choosy && !strings.HasPrefix(s.listen, passedPrefix):
			err = os.Chmod(ln.Addr().String(), 0o666) // others may connect now; who stays, the server decides
		case choosy || server.Password != "":
		case !proxy.Private(ln.Addr()):
			err = &exitError{exitUsage, fmt.Errorf("proxy: listen on %s: %w", ln.Addr(), proxy.ErrOpen), "--listen 127.0.0.1:6379, or --local-password-file FILE"}
		default:
			err = worldWritable(ln)
		}
		if err != nil {
			return listeners, err
		}
	}
	return listeners, nil
}

// listen opens an address, or takes what systemd has opened.
func listen(passed *passedSockets, addr string) ([]net.Listener, error) {
	if name, ok := strings.CutPrefix(addr, passedPrefix); ok {
		return passed.take(name)
	}
	ln, err := proxy.Listen(addr)
	if err != nil {
		return nil, err
	}
	return []net.Listener{ln}, nil
}

func listenError(command string, err error, addr string) error {
	hint := "--listen takes HOST:PORT, unix:PATH or systemd:NAME"
	switch {
	case strings.HasPrefix(addr, passedPrefix):
		hint = "the name is FileDescriptorName= of the socket unit, or else the unit's own name"
	case !inUse(err):
	case strings.HasPrefix(addr, "unix:"):
		hint = "another process listens there; choose another path"
	default:
		hint = "--listen 127.0.0.1:0 takes a free port"
	}
	return &exitError{exitFailed, fmt.Errorf("%s: %w", command, err), hint}
}

// listenAdmin listens for probes and orders, which only this machine may send.
func listenAdmin(passed *passedSockets, addr string) (net.Listener, error) {
	listeners, err := listen(passed, addr)
	if err == nil && len(listeners) > 1 {
		err = errors.New("systemd has passed several sockets with that name")
	}
	if err != nil {
		closeAll(listeners)
		return nil, &exitError{exitFailed, fmt.Errorf("admin: %w", err), "--admin takes a free HOST:PORT, unix:PATH or systemd:NAME"}
	}
	ln := listeners[0]
	if !proxy.Private(ln.Addr()) {
		ln.Close()
		return nil, &exitError{exitUsage, fmt.Errorf("admin: listen on %s: other machines can reach it", ln.Addr()), "--admin 127.0.0.1:9180, or --admin unix:PATH"}
	}
	return ln, nil
}

func closeAll(listeners []net.Listener) {
	for _, ln := range listeners {
		ln.Close()
	}
}

func addresses(listeners []net.Listener) (all []string) {
	for _, ln := range listeners {
		all = append(all, ln.Addr().String())
	}
	return all
}
