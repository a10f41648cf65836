package valkeyserver

import (
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
)

// answerLimit bounds the wait for an answer.
const answerLimit = 30 * time.Second

// A client is a connection to a server, made when it is needed.
type client struct {
	mu                      sync.Mutex
	network, addr, password string
	conn                    net.Conn
	replies                 *resp.ReplyReader
}

// Do sends a command to the server and returns its answer: a simple string, a number or a bulk string without what frames it, and
// anything else as it came. An error reply is an error, its text without the mark.
func (s *Server) Do(args ...string) (string, error) { return s.client.do(args...) }

func (c *client) reset(network, addr, password string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
	c.network, c.addr, c.password = network, addr, password
}

func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
}

func (c *client) drop() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func (c *client) do(args ...string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.connect(); err != nil {
		return "", err
	}
	return c.ask(args...)
}

func (c *client) connect() error {
	if c.conn != nil {
		return nil
	}
	conn, err := net.DialTimeout(c.network, c.addr, answerLimit)
	if err != nil {
		return err
	}
	c.conn, c.replies = conn, resp.NewReplyReader(conn)
	if c.password == "" {
		return nil
	}
	_, err = c.ask("AUTH", c.password)
	return err
}

// ask sends and receives. A connection on which that fails is not used again.
func (c *client) ask(args ...string) (string, error) {
	c.conn.SetDeadline(time.Now().Add(answerLimit))
	if _, err := c.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.drop()
		return "", err
	}
	reply, err := c.replies.Next()
	if err != nil {
		c.drop()
		return "", err
	}
	return content(reply)
}

func content(reply resp.Reply) (string, error) {
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
