package parked

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"unsafe"
)

// trimmed is the least capacity that is worth giving back.
const trimmed = 4 << 10

// Trim drops the buffer in which crypto/tls has received records: it has room for the largest so far, often 40 KiB, as long as the connection lives,
// and crypto/tls offers no way to drop it. Nobody may be reading from the connection. It does nothing, and returns false, if there is
// little to drop, if something is left in it, or if this version of crypto/tls does not look as expected.
func Trim(conn *tls.Conn) bool {
	fields := reflect.ValueOf(conn).Elem()
	raw, raw1 := private[bytes.Buffer](fields, "rawInput")
	left, left1 := private[bytes.Reader](fields, "input")
	if !raw1 || !left1 || raw.Len() > 0 || left.Len() > 0 || raw.Cap() < trimmed {
		return false
	}
	*raw, *left = bytes.Buffer{}, bytes.Reader{} // the second points into the first
	return true
}

// private is a field of a struct if it is of the type T.
func private[T any](fields reflect.Value, name string) (*T, bool) {
	f := fields.FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil, false
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr())), true
}
