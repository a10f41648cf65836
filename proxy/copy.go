package proxy

import (
	"os"

	"github.com/valetkey/valetkey/internal/parked"
)

// sendUp sends what the client sends, until one of the two ends or nothing has gone by for long. It waits without a buffer, as sendDown does.
func (c *client) sendUp() {
	for {
		err := c.idle.Park()
		if err == nil {
			err = c.passUp()
		}
		switch {
		case err == nil:
		case c.upRests(err):
			if c.idle.Watch(c.resumeUp) {
				return
			}
			c.set(&c.upward, told)
		default:
			c.wind(ending{reason: Left, err: hangUp(err)})
			c.srv.running.Done()
			return
		}
	}
}

// resumeUp has sendUp go on.
func (c *client) resumeUp() {
	go func() {
		c.set(&c.upward, awake)
		c.sendUp()
	}()
}

// passUp passes on what the client has sent.
func (c *client) passUp() error {
	b := c.srv.buffers.get()
	defer c.srv.buffers.put(b)
	c.idle.Try(true)
	n, err := c.idle.Read(b[:])
	c.idle.Try(false)
	if err == parked.ErrEmpty {
		return nil
	}
	if n == 0 {
		return err
	}
	if strange := c.heard(b[:n]); strange != nil {
		c.wind(*c.neverBegan(strange))
		return strange
	}
	if _, failed := c.up.Write(b[:n]); failed != nil {
		c.wind(writeEnding(failed))
		return failed
	}
	return err
}

// sendDown sends what the cache answers, until it ends or the client's ending has come, which it brings about, or until nothing has gone by for
// long.
func (c *client) sendDown() {
	for {
		more, err := c.passDown()
		if more && err == nil {
			err = c.up.Park()
		}
		switch {
		case more && err == nil:
		case more && c.downRests(err):
			if c.up.Watch(c.resumeDown) {
				return
			}
			c.set(&c.downward, told)
		case !more || !c.survives(err):
			c.up.Close()
			c.finish(c.ending())
			return
		}
	}
}

// resumeDown has sendDown go on.
func (c *client) resumeDown() {
	go func() {
		c.set(&c.downward, awake)
		c.sendDown()
	}()
}

// passDown passes on all that the cache has sent, and reports whether there may be more.
func (c *client) passDown() (more bool, err error) {
	b := c.srv.buffers.get()
	defer c.srv.buffers.put(b)
	for {
		n, err := c.up.TryRead(b[:])
		if n > 0 {
			c.moved.Store(true)
			c.srv.facts.down.Add(int64(n))
			if _, failed := c.idle.Write(b[:n]); failed != nil {
				c.wind(ending{reason: Left, err: hangUp(failed)})
				return false, nil
			}
		}
		if n == 0 || err != nil {
			return true, err
		}
		if !c.goesOn(false) {
			return false, nil
		}
	}
}

// survives reports whether there is more to come behind an error: only where it is that nothing came in time.
func (c *client) survives(err error) bool {
	if os.IsTimeout(err) {
		return c.goesOn(true)
	}
	c.wind(readEnding(err, c.up.Cause()))
	return false
}
