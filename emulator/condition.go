package emulator

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A comparison tells whether the value of a request agrees with one of a policy's. It reports false for what it cannot read.
type comparison func(got, want string) bool

// comparisons are the condition operators that do not negate, from the IAM User Guide. Those that do are the same with "Not".
func comparisons() map[string]comparison {
	m := map[string]comparison{
		"StringEquals":           func(got, want string) bool { return got == want },
		"StringEqualsIgnoreCase": strings.EqualFold,
		"StringLike":             func(got, want string) bool { return like(want, got) },
		"Bool":                   strings.EqualFold,
		"IpAddress":              inNetwork,
	}
	for name, holds := range map[string]func(order int) bool{
		"Equals":            func(o int) bool { return o == 0 },
		"LessThan":          func(o int) bool { return o < 0 },
		"LessThanEquals":    func(o int) bool { return o <= 0 },
		"GreaterThan":       func(o int) bool { return o > 0 },
		"GreaterThanEquals": func(o int) bool { return o >= 0 },
	} {
		m["Date"+name] = ordered(compareDates, holds)
		m["Numeric"+name] = ordered(compareNumbers, holds)
	}
	return m
}

// ordered makes a comparison out of an order and what it must be.
func ordered(compare func(got, want string) (int, error), holds func(int) bool) comparison {
	return func(got, want string) bool {
		order, err := compare(got, want)
		return err == nil && holds(order)
	}
}

// operator takes a condition operator apart: what it compares, whether it negates, and whether an absent key satisfies it.
func operator(name string) (compare comparison, negates, ifExists, ok bool) {
	base, ifExists := strings.CutSuffix(name, "IfExists")
	for _, n := range [][2]string{{"StringNot", "String"}, {"DateNot", "Date"}, {"NumericNot", "Numeric"}, {"NotIp", "Ip"}} {
		if rest, is := strings.CutPrefix(base, n[0]); is {
			base, negates = n[1]+rest, true
		}
	}
	compare, ok = comparisons()[base]
	return compare, negates, ifExists, ok
}

// validateCondition refuses operators that are not supported and values that they could never agree with.
func validateCondition(name string, keys map[string]texts) error {
	_, _, _, ok := operator(name)
	if !ok && name != "Null" {
		return fmt.Errorf("condition operator %q is unknown or not supported", name)
	}
	for key, values := range keys {
		for _, v := range values {
			if err := validateValue(name, v); err != nil {
				return fmt.Errorf("%s %s: %w", name, key, err)
			}
		}
	}
	return nil
}

func validateValue(operator, value string) (err error) {
	switch {
	case strings.Contains(value, "${"):
		return fmt.Errorf("%q: policy variables are not supported", value)
	case strings.Contains(operator, "IpAddress"):
		_, err = network(value)
	case strings.HasPrefix(operator, "Date"):
		_, err = date(value)
	case strings.HasPrefix(operator, "Numeric"):
		_, err = strconv.ParseFloat(value, 64)
	case operator == "Null" || strings.HasPrefix(operator, "Bool"):
		if value != "true" && value != "false" {
			err = fmt.Errorf("%q: want true or false", value)
		}
	}
	return err
}

// conditionHolds compares a key of the request with the values of a condition, of which one must agree, or none if the
// operator negates. A key that the request does not have satisfies only negating operators and those with IfExists. Documented.
func conditionHolds(name string, values []string, context map[string]string, key string) bool {
	got, present := context[strings.ToLower(key)]
	if name == "Null" {
		return anyLike(values, strconv.FormatBool(!present), true)
	}
	compare, negates, ifExists, _ := operator(name)
	if !present {
		return negates || ifExists
	}
	agrees := false
	for _, want := range values {
		agrees = agrees || compare(got, want)
	}
	return agrees != negates
}

func inNetwork(got, want string) bool {
	n, err := network(want)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(got)
	return err == nil && n.Contains(ip.Unmap())
}

// network reads an address range; an address alone is a range of one.
func network(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		ip, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		return ip.Prefix(ip.BitLen())
	}
	return netip.ParsePrefix(s)
}

func compareDates(got, want string) (int, error) {
	a, err := date(got)
	if err != nil {
		return 0, err
	}
	b, err := date(want)
	return a.Compare(b), err
}

// date reads a date in one of the ISO 8601 forms of the IAM User Guide, or seconds since 1970.
func date(s string) (time.Time, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) > len("2006") {
		return time.Unix(n, 0), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date: want 2026-01-31T12:00:00Z", s)
}

func compareNumbers(got, want string) (int, error) {
	a, err := strconv.ParseFloat(got, 64)
	if err != nil {
		return 0, err
	}
	b, err := strconv.ParseFloat(want, 64)
	switch {
	case a < b:
		return -1, err
	case a > b:
		return 1, err
	}
	return 0, err
}
