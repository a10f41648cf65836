// Package farm runs real Valkey servers, single or as a cluster, and in front of each an emulator of its own that its clients come by.
package farm

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// Options say what to run.
type Options struct {
	// Masters is the number of masters of a cluster; 0 is a single server that is none.
	Masters int
	// Replicas is the number of replicas of each master.
	Replicas int
	// Session is the emulators' session limit.
	Session time.Duration
	// Users are the IAM users; default one, "app".
	Users []string
	// OnEvent, if set, is told what the emulators see, and at the address of which node: each numbers its own connections.
	OnEvent func(node string, e emulator.Event)
}

// A Farm is some servers that run.
type Farm struct {
	Nodes   []*Node // the masters first, then the replicas in the masters' order, round by round
	options Options
	dir     string
	gone    []*Node // ended already

	mu        sync.Mutex
	strangers []string
}

// Installed reports whether there is a valkey-server to run.
func Installed() bool {
	_, err := exec.LookPath("valkey-server")
	return err == nil
}

// Start runs the servers and returns when they are ready. Close ends them.
func Start(o Options) (*Farm, error) {
	dir, err := os.MkdirTemp("", "valetkey-farm-")
	if err != nil {
		return nil, err
	}
	f := &Farm{options: o, dir: dir}
	for range max(1, o.Masters*(1+o.Replicas)) {
		n, err := f.startNode()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		f.Nodes = append(f.Nodes, n)
	}
	if o.Masters > 0 {
		if err := f.join(); err != nil {
			return nil, errors.Join(fmt.Errorf("join the cluster: %w", err), f.Close())
		}
	}
	return f, nil
}

// Close ends all servers and removes their files.
func (f *Farm) Close() error {
	var errs []error
	for _, n := range f.Nodes {
		errs = append(errs, n.close())
	}
	return errors.Join(append(errs, os.RemoveAll(f.dir))...)
}

// Addrs are the addresses by which clients come.
func (f *Farm) Addrs() (all []string) {
	for _, n := range f.Nodes {
		all = append(all, n.Addr)
	}
	return all
}

// TLS trusts the emulators and names none of them: each certificate is checked against the host that is dialled.
func (f *Farm) TLS() *tls.Config {
	cfg := f.Nodes[0].Emulator.ClientTLS()
	cfg.ServerName = ""
	return cfg
}

// CAFile holds the certificate that TLS trusts.
func (f *Farm) CAFile() string { return f.Nodes[0].Emulator.CAFile() }

// Target is the cache, which all nodes are of, and a user.
func (f *Farm) Target(user string) valetkey.Target {
	t := f.Nodes[0].Emulator.Target()
	t.User = user
	return t
}

// Source signs tokens for a user.
func (f *Farm) Source(user string) (valetkey.Source, error) {
	return valetkey.NewSigner(f.Target(user), f.Nodes[0].Emulator.Credentials())
}

// Strangers are the commands of clients that have connected past the emulators.
func (f *Farm) Strangers() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.strangers)
}

func (f *Farm) noteStranger(command string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.strangers = append(f.strangers, command)
}

// Stats adds up what the emulators have counted, those of nodes that have ended included.
func (f *Farm) Stats() (sum emulator.Stats) {
	for _, n := range slices.Concat(f.Nodes, f.gone) {
		s := n.Emulator.Stats()
		sum.Connections += s.Connections
		sum.Auths += s.Auths
		sum.Reauths += s.Reauths
		sum.Refusals += s.Refusals
		sum.IamAuthenticationExpirations += s.IamAuthenticationExpirations
	}
	return sum
}
