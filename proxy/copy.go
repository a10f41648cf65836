package proxy

import (
	"os"

	"github.com/valetkey/valetkey"
)

// sendUp sends what the client sends, until one of the two ends. It waits without a buffer, as sendDown does.
func (c *client) sendUp(up *valetkey.Conn) {
	for {
		err := c.idle.Park()
		if err == nil && !c.passUp(up) {
			return
		}
		if err != nil {
			c.wind(ending{reason: Left, err: hangUp(err)})
			return
		}
	}
}

// passUp passes on what the client has sent, and reports whether there may be more.
func (c *client) passUp(up *valetkey.Conn) bool {
	b := c.srv.buffers.get()
	defer c.srv.buffers.put(b)
	n, err := c.conn.Read(b[:])
	if n > 0 {
		c.srv.facts.up.Add(int64(n))
		if _, err := up.Write(b[:n]); err != nil {
			c.wind(writeEnding(err))
			return false
		}
	}
	if err != nil {
		c.wind(ending{reason: Left, err: hangUp(err)})
	}
	return err == nil
}

// sendDown sends what the cache answers, until it ends or the client's ending has come.
func (c *client) sendDown(up *valetkey.Conn) {
	for c.passDown(up) {
		if err := up.Park(); err != nil && !c.survives(up, err) {
			return
		}
	}
}

// passDown passes on all that the cache has sent, and reports whether there may be more.
func (c *client) passDown(up *valetkey.Conn) bool {
	b := c.srv.buffers.get()
	defer c.srv.buffers.put(b)
	for {
		n, err := up.TryRead(b[:])
		if n > 0 {
			c.srv.facts.down.Add(int64(n))
			if _, err := c.conn.Write(b[:n]); err != nil {
				c.wind(ending{reason: Left, err: hangUp(err)})
				return false
			}
		}
		switch {
		case err != nil:
			return c.survives(up, err)
		case n == 0:
			return true
		case !c.goesOn(up, false):
			return false
		}
	}
}

// survives reports whether there is more to come behind an error: only where it is that nothing came in time.
func (c *client) survives(up *valetkey.Conn, err error) bool {
	if os.IsTimeout(err) {
		return c.goesOn(up, true)
	}
	c.wind(readEnding(err, up.Cause()))
	return false
}
