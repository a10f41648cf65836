package proxy

import "sync"

// bufferSize is what a read takes in at most: enough for a large value to need few of them.
const bufferSize = 64 << 10

// buffers are what connections read into. One has a buffer only while there is something to read, so an idle one costs none, and few
// serve thousands. The zero value is ready.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[bufferSize]byte {
	if p, ok := b.pool.Get().(*[bufferSize]byte); ok {
		return p
	}
	return new([bufferSize]byte)
}

func (b *buffers) put(p *[bufferSize]byte) { b.pool.Put(p) }
