package controlplane

import (
	"encoding/base64"
	"net/http"
	"strconv"
)

// paging says how an action's parameters for pages are called, and how many entries a page may and does have.
type paging struct {
	limit, marker          string
	least, most, preferred int
}

// The documented bounds of MaxRecords are 20 to 100; those of users and user groups are assumed to be the same. MaxResults of
// serverless caches is documented as at most 50, MemoryDB's has no documented bounds, and IAM's MaxItems is 1 to 1000.
func byMarker() paging     { return paging{"MaxRecords", "Marker", 20, 100, 100} }
func byToken() paging      { return paging{"MaxResults", "NextToken", 1, 100, 100} }
func byShortToken() paging { return paging{"MaxResults", "NextToken", 1, 50, 50} }
func byItems() paging      { return paging{"MaxItems", "Marker", 1, 1000, 100} }

// page returns the part of all that is asked for, and the marker of the next one, "" at the end. What is asked for by name is
// one page by itself.
func page[T any](c *call, p paging, all []T) (some []T, next string, err *fault) {
	size := p.preferred
	if c.params.has(p.limit) {
		n, bad := strconv.Atoi(c.params.get(p.limit))
		if bad != nil || n < p.least || n > p.most {
			return nil, "", invalidParameter("%s must be >= %d and <= %d.", p.limit, p.least, p.most)
		}
		size = n
	}
	start := 0
	if text := c.params.get(p.marker); text != "" {
		if start = offset(text); start < 0 || start > len(all) {
			return nil, "", plain("InvalidParameterValue", http.StatusBadRequest, "Invalid %s.", p.marker)
		}
	}
	end := min(start+size, len(all))
	if end < len(all) {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	}
	return all[start:end], next, nil
}

// offset reads a marker, which means nothing to the client; -1 is for one that is not of ours.
func offset(marker string) int {
	text, err := base64.RawURLEncoding.DecodeString(marker)
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return -1
	}
	return n
}

// find keeps the entry of that name, or all without a name.
func find[T any](all []T, name string, nameOf func(T) string, missing *fault) ([]T, *fault) {
	if name == "" {
		return all, nil
	}
	for _, one := range all {
		if nameOf(one) == name {
			return []T{one}, nil
		}
	}
	return nil, missing
}
