package resp

import "strconv"

// AppendCommand appends a request made of args to dst.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = AppendArray(dst, len(args))
	for _, a := range args {
		dst = AppendBulk(dst, a)
	}
	return dst
}

// AppendSimple appends a simple string, which must not contain CR or LF.
func AppendSimple(dst []byte, s string) []byte {
	return append(append(append(dst, '+'), s...), "\r\n"...)
}

// AppendError appends an error reply; text begins with its code ("ERR …") and must not contain CR or LF.
func AppendError(dst []byte, text string) []byte {
	return append(append(append(dst, '-'), text...), "\r\n"...)
}

// AppendBulk appends a bulk string.
func AppendBulk(dst []byte, s string) []byte {
	return append(append(appendHeader(dst, '$', int64(len(s))), s...), "\r\n"...)
}

// AppendInt appends an integer reply.
func AppendInt(dst []byte, n int64) []byte { return appendHeader(dst, ':', n) }

// AppendArray appends the header of an array of n elements.
func AppendArray(dst []byte, n int) []byte { return appendHeader(dst, '*', int64(n)) }

// AppendMap appends the header of a RESP3 map of n pairs.
func AppendMap(dst []byte, n int) []byte { return appendHeader(dst, '%', int64(n)) }

// AppendPush appends the header of a RESP3 push of n elements.
func AppendPush(dst []byte, n int) []byte { return appendHeader(dst, '>', int64(n)) }

// AppendNull appends RESP3's null.
func AppendNull(dst []byte) []byte { return append(dst, "_\r\n"...) }

// AppendNullBulk appends RESP2's null bulk string.
func AppendNullBulk(dst []byte) []byte { return append(dst, "$-1\r\n"...) }

func appendHeader(dst []byte, kind byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, kind), n, 10), "\r\n"...)
}
