//go:build !linux

package parked

// Watch reports false: where this was not built for, whoever waits parks.
func (c *Conn) Watch(func()) bool { return false }

func (c *Conn) unwatch() func() { return nil }
