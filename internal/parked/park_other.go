//go:build !unix

package parked

const possible = false

// Park returns at once: where this was not built for, a reader waits in Read.
func (c *Conn) Park() error { return nil }

func (c *Conn) try(p []byte) (int, error)   { return c.Conn.Read(p) }
func (c *Conn) write(p []byte) (int, error) { return c.Conn.Write(p) }

func (c *Conn) readOnce(uintptr) bool { return true }
func (c *Conn) peek(uintptr) bool     { return true }
func (c *Conn) push(uintptr) bool     { return true }
