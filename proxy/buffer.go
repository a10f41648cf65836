package proxy

// A buffer is what a connection reads into. It grows under load and shrinks again, so that an idle connection costs little and a
// large value few system calls.
type buffer struct {
	bytes []byte
	small int // reads in a row that would have done with less
}

const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

// room is where to read to.
func (b *buffer) room() []byte {
	if b.bytes == nil {
		b.bytes = make([]byte, smallBuffer)
	}
	return b.bytes
}

// filled is what was read, valid until the next call of room.
func (b *buffer) filled(n int) []byte {
	read := b.bytes[:n]
	switch size := len(b.bytes); {
	case n == size && size < largeBuffer:
		b.bytes, b.small = make([]byte, 2*size), 0
	case n > size/4 || size == smallBuffer:
		b.small = 0
	default:
		if b.small++; b.small == 64 {
			b.bytes, b.small = make([]byte, smallBuffer), 0
		}
	}
	return read
}
