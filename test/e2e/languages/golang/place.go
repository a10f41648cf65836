package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// A place is where and how to connect.
type place struct {
	host, prefix       string
	port, protocol     int // protocol is 0 where the client chooses
	username, password string
	duration           time.Duration
}

// here is what the environment says.
func here() (place, error) {
	p := place{host: os.Getenv("HOST"), prefix: os.Getenv("PREFIX"), username: os.Getenv("USERNAME"), password: os.Getenv("PASSWORD")}
	seconds, err := strconv.ParseFloat(os.Getenv("DURATION"), 64)
	if err != nil {
		return p, fmt.Errorf("DURATION: %w", err)
	}
	p.duration = time.Duration(seconds * float64(time.Second))
	if p.port, err = strconv.Atoi(os.Getenv("PORT")); err != nil {
		return p, fmt.Errorf("PORT: %w", err)
	}
	p.protocol, _ = strconv.Atoi(os.Getenv("PROTOCOL")) // empty is 0
	return p, nil
}

func (p place) addr() string { return net.JoinHostPort(p.host, strconv.Itoa(p.port)) }
