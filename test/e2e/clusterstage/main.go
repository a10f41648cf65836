// Clusterstage is a cluster for clients in other languages: three masters and three replicas of real servers, an emulator in front of each, and a
// sidecar in front of all, at which a cluster client needs neither TLS nor a password.
//
//	go run ./clusterstage [-session 4s] [-between 2s] [-keys a,b,c] [-listen 127.0.0.1:0]
//
// It prints "seed HOST:PORT" when clients may come. A line "drill" on its standard input starts what happens to clusters: a failover, a shard that is
// added, the slots of the keys moved there and back while keys are written, and the shard removed; it prints what it has done, and "drilled" at the
// end. At the end of its input it prints what it has counted, in JSON, and ends: with 1 if a client has connected to a node itself, in plain text or
// with TLS, or if a connection was cut or refused.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/proxy"
	"github.com/valetkey/valetkey/test/e2e/farm"
)

type options struct {
	session, between time.Duration
	keys, listen     string
}

func main() {
	var o options
	flag.DurationVar(&o.session, "session", 4*time.Second, "session limit of the emulated cache")
	flag.DurationVar(&o.between, "between", 2*time.Second, "time between two things that happen to the cluster")
	flag.StringVar(&o.keys, "keys", "key-0,key-1,key-2,key-3,key-4,key-5", "keys whose slots are moved")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "where the sidecar listens")
	flag.Parse()
	if err := run(o, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "clusterstage:", err)
		os.Exit(1)
	}
}

func run(o options, in io.Reader, out io.Writer) error {
	f, err := farm.Start(farm.Options{Masters: 3, Replicas: 1, Session: o.session})
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := sidecar(f, o)
	if err != nil {
		return err
	}
	ln, err := proxy.Listen(o.listen)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- p.Serve(context.Background(), ln) }()
	fmt.Fprintln(out, "seed", ln.Addr())
	if err := orders(f, o, in, out); err != nil {
		return err
	}
	counted := count(f, p)
	p.Close()
	if err := json.NewEncoder(out).Encode(counted); err != nil {
		return err
	}
	if err := <-served; err != nil {
		return err
	}
	return counted.judge()
}

func sidecar(f *farm.Farm, o options) (*proxy.Server, error) {
	source, err := f.Source("app")
	if err != nil {
		return nil, err
	}
	return &proxy.Server{
		Addr: f.Nodes[0].Addr, ClusterLinger: o.between,
		Dialer: valetkey.Dialer{Source: valetkey.Reuse(source, 0), TLSConfig: f.TLS(), SessionLimit: o.session, RenewAfter: o.session / 10},
	}, nil
}

// orders does what it is told, to the end of in.
func orders(f *farm.Farm, o options, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) != "drill" {
			return fmt.Errorf("%q is no order: want drill", lines.Text())
		}
		err := f.Drill(context.Background(), o.between, strings.Split(o.keys, ","), func(done string) { fmt.Fprintln(out, done) })
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "drilled")
	}
	return lines.Err()
}

// Counts are what the run has come to.
type Counts struct {
	// Nodes are the listeners for nodes, Clients how many clients have come.
	Nodes   []proxy.NodeStatus `json:"nodes"`
	Clients int64              `json:"clients"`
	// Proxied is how many connections the sidecar has made to nodes, Connections how many nodes have seen.
	Proxied     int64 `json:"proxied"`
	Connections int64 `json:"connections"`
	// Strangers are the commands of clients that have come to a node in plain text.
	Strangers []string `json:"strangers"`
	// Renewals are AUTHs of the nodes' connections after the first; Refusals, Cuts and Replaced should be none.
	Renewals int64 `json:"renewals"`
	Refusals int64 `json:"refusals"`
	Cuts     int64 `json:"cuts"`
	Replaced int64 `json:"replaced"`
}

func count(f *farm.Farm, p *proxy.Server) Counts {
	s, e := p.Stats(), f.Stats()
	return Counts{
		Nodes: p.Status().Nodes, Clients: s.Accepted, Proxied: s.Upstream.Dialed, Connections: e.Connections, Strangers: f.Strangers(),
		Renewals: e.Reauths, Refusals: e.Refusals, Cuts: s.Upstream.Cut + e.IamAuthenticationExpirations, Replaced: s.Upstream.Replaced,
	}
}

func (c Counts) judge() error {
	switch {
	case len(c.Strangers) > 0:
		return fmt.Errorf("clients have connected to nodes in plain text: %v", c.Strangers)
	case c.Connections != c.Proxied:
		return fmt.Errorf("nodes have seen %d connections, and %d were the sidecar's", c.Connections, c.Proxied)
	case c.Refusals+c.Cuts+c.Replaced > 0:
		return fmt.Errorf("%d refused, %d cut, %d replaced", c.Refusals, c.Cuts, c.Replaced)
	}
	return nil
}
