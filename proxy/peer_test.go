//go:build linux

package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valetkey/valetkey"
)

// Who may connect is decided by what the kernel says of the client, before anything goes upstream.
func TestPeers(t *testing.T) {
	me, mine := uint32(os.Geteuid()), uint32(os.Getegid())
	for name, tt := range map[string]struct {
		uids, gids []uint32
		in         bool
	}{
		"nobody is named":  {in: true},
		"own user":         {uids: []uint32{me + 1, me}, in: true},
		"own group":        {uids: []uint32{me + 1}, gids: []uint32{mine}, in: true},
		"another user":     {uids: []uint32{me + 1}},
		"another group":    {gids: []uint32{mine + 1}},
		"user for a group": {uids: []uint32{me + 1}, gids: []uint32{mine + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			u := startUpstream(t)
			var log bytes.Buffer
			s := &Server{Addr: u.ln.Addr().String(), AllowUIDs: tt.uids, AllowGIDs: tt.gids, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				Dialer: valetkey.Dialer{Source: source{}, Plaintext: true}}
			path := filepath.Join(socketDir(t), "s")
			ln, err := Listen("unix:" + path)
			if err != nil {
				t.Fatal(err)
			}
			serve(t, s, ln)
			c := dial(t, "unix", path)
			if tt.in {
				c.ask("PING", "+PONG\r\n")
				return
			}
			io.WriteString(c.Conn, "PING\r\n") // it may be too late for that
			c.expectEnd(fmt.Sprintf("-ERR valetkey: user %d and group %d may not use this socket\r\n", me, mine))
			endedBy(t, s, Forbidden)
			if want := fmt.Sprintf("uid=%d gid=%d pid=%d", me, mine, os.Getpid()); u.dials() != 0 || !strings.Contains(log.String(), want) {
				t.Errorf("%d upstream connections; log %q, want %s", u.dials(), &log, want)
			}
		})
	}
}

// Where nobody can say who connects, a listener for some is refused, not opened to all.
func TestPeersNeedASocket(t *testing.T) {
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: "127.0.0.1:1", AllowUIDs: []uint32{0}, Dialer: valetkey.Dialer{Source: source{}}}
	defer s.Close()
	if err := s.Serve(t.Context(), ln); !errors.Is(err, ErrNoPeers) {
		t.Errorf("Serve: %v, want ErrNoPeers", err)
	}
}
