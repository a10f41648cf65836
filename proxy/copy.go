package proxy

import (
	"os"

	"github.com/valetkey/valetkey"
)

// sendUp sends what the client sends, until one of the two ends. It waits without a buffer, as sendDown does.
func (c *client) sendUp(up *valetkey.Conn) {
	for {
		err := c.idle.Park()
		if err == nil {
			err = c.passUp(up)
		}
		if err != nil {
			c.wind(ending{reason: Left, err: hangUp(err)})
			return
		}
	}
}

// passUp passes on what the client has sent.
func (c *client) passUp(up *valetkey.Conn) error {
	b := c.srv.buffers.get()
	defer c.srv.buffers.put(b)
	n, err := c.conn.Read(b[:])
	if n > 0 {
		c.moved.Store(true)
		c.srv.facts.up.Add(int64(n))
		if _, failed := up.Write(b[:n]); failed != nil {
			c.wind(writeEnding(failed))
			return failed
		}
	}
	return err
}

// sendDown sends what the cache answers, until it ends or the client's ending has come.
func (c *client) sendDown(up *valetkey.Conn) {
	for {
		more, err := c.passDown(up)
		if more && err == nil {
			err = up.Park()
		}
		if !more || err != nil && !c.rests(up, err) && !c.survives(up, err) {
			return
		}
	}
}

// passDown passes on all that the cache has sent, and reports whether there may be more.
func (c *client) passDown(up *valetkey.Conn) (more bool, err error) {
	b := c.srv.buffers.get()
	defer c.srv.buffers.put(b)
	for {
		n, err := up.TryRead(b[:])
		if n > 0 {
			c.moved.Store(true)
			c.srv.facts.down.Add(int64(n))
			if _, failed := c.conn.Write(b[:n]); failed != nil {
				c.wind(ending{reason: Left, err: hangUp(failed)})
				return false, nil
			}
		}
		if n == 0 || err != nil {
			return true, err
		}
		if !c.goesOn(up, false) {
			return false, nil
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
