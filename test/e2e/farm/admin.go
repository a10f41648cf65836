package farm

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/valetkey/valetkey/internal/resp"
)

// An Admin talks to a server itself, past its emulator. Safe for concurrent use.
type Admin struct {
	addr string

	mu   sync.Mutex
	conn net.Conn
	r    *resp.ReplyReader
}

// Do sends a command. It returns a simple string, a number or a bulk string without what frames it, and anything else as it came.
func (a *Admin) Do(args ...string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		c, err := net.Dial("tcp", a.addr)
		if err != nil {
			return "", err
		}
		a.conn, a.r = c, resp.NewReplyReader(c)
	}
	if _, err := a.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		return "", err
	}
	reply, err := a.r.Next()
	if err != nil {
		return "", err
	}
	text := string(reply.Raw)
	switch reply.Kind {
	case '-':
		return "", errors.New(strings.TrimSpace(text[1:]))
	case '+', ':':
		text = text[1:]
	case '$':
		_, text, _ = strings.Cut(text, "\r\n")
	}
	return strings.TrimSuffix(text, "\r\n"), nil
}

// Close ends the connection.
func (a *Admin) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		return nil
	}
	return a.conn.Close()
}

// Do sends a command about a key to whichever server has the key.
func (f *Farm) Do(args ...string) (string, error) {
	var last error
	for _, n := range f.Nodes {
		reply, err := n.Admin.Do(args...)
		if err == nil {
			return reply, nil
		}
		if last = err; !strings.HasPrefix(err.Error(), "MOVED") {
			return "", fmt.Errorf("%s: %w", args[0], err)
		}
	}
	return "", last
}
