package main

import (
	"fmt"
	"os/user"
	"strconv"
)

// userIDs and groupIDs turn names, or numbers, into numbers.
func userIDs(words []string) ([]uint32, error) {
	return identifiers("allow-uid", words, func(name string) (string, error) {
		u, err := user.Lookup(name)
		if err != nil {
			return "", err
		}
		return u.Uid, nil
	})
}

func groupIDs(words []string) ([]uint32, error) {
	return identifiers("allow-gid", words, func(name string) (string, error) {
		g, err := user.LookupGroup(name)
		if err != nil {
			return "", err
		}
		return g.Gid, nil
	})
}

func identifiers(flag string, words []string, lookup func(string) (string, error)) ([]uint32, error) {
	var ids []uint32
	for _, word := range words {
		id, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			word, err = lookup(word)
			if err == nil {
				id, err = strconv.ParseUint(word, 10, 32)
			}
		}
		if err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("--%s: %w", flag, err), "--" + flag + " takes names or numbers that id(1) shows"}
		}
		ids = append(ids, uint32(id))
	}
	return ids, nil
}
