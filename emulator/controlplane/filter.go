package controlplane

import (
	"slices"
	"strconv"
)

// A filter is one of Filters.member.N: a property, and the values of which it must have one.
type filter struct {
	name   string
	values []string
}

func (p params) filters() (all []filter) {
	for i := 1; p.has("Filters.member." + strconv.Itoa(i)); i++ {
		at := "Filters.member." + strconv.Itoa(i)
		all = append(all, filter{p.get(at + ".Name"), p.list(at + ".Values")})
	}
	return all
}

func (f filter) takes(property []string) bool {
	return slices.ContainsFunc(property, func(v string) bool { return slices.Contains(f.values, v) })
}
