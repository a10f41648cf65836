package resp

// A number reads a canonical decimal: digits without a leading zero, or exactly "-1".
type number struct {
	n      int64
	digits uint8
	neg    bool
}

// add takes the next byte and reports whether the number can still be canonical.
func (d *number) add(b byte) bool {
	if b == '-' && d.digits == 0 && !d.neg {
		d.neg = true
		return true
	}
	if b < '0' || b > '9' || d.digits == maxDigits {
		return false
	}
	if d.digits > 0 && d.n == 0 { // leading zero
		return false
	}
	d.n = d.n*10 + int64(b-'0')
	d.digits++
	return !d.neg || d.n == 1
}

// value is the number and whether one was read at all.
func (d *number) value() (int64, bool) {
	if d.neg {
		return -d.n, d.digits == 1
	}
	return d.n, d.digits > 0
}

// length reads "*N\r\n" or "$N\r\n" where p begins with all of it and N is a canonical number of at most nine digits. It returns
// 0 bytes for everything else.
func length(p []byte, mark byte) (v int64, n int) {
	if len(p) < 4 || p[0] != mark {
		return 0, 0
	}
	if d := p[1] - '0'; d <= 9 && p[2] == '\r' && p[3] == '\n' { // as mostly
		return int64(d), 4
	}
	for i, b := range p[1:min(len(p)-1, 11)] {
		switch {
		case b == '\r' && i > 0 && p[i+2] == '\n':
			return v, i + 3
		case b < '0' || b > '9' || i > 0 && v == 0:
			return 0, 0
		}
		v = v*10 + int64(b-'0')
	}
	return 0, 0
}

// terminated reports whether p holds a payload of n bytes and the CRLF behind it.
func terminated(p []byte, n int) bool { return len(p) >= n+2 && p[n] == '\r' && p[n+1] == '\n' }
