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
