package emulator

import (
	"slices"
	"strings"
	"time"
)

// A Description is what the server is and offers at the moment, without secrets: for programs in other languages.
type Description struct {
	Profile Profile
	// Endpoints are what clients connect to, the first one first; Nodes what stands behind.
	Endpoints []Endpoint
	Nodes     []Node
	// TLSMinVersion is "1.2" or "1.3", "" without TLS.
	TLSMinVersion           string
	Address, URL, CA        string
	ControlPlane            string `json:",omitempty"`
	Service, Name, Region   string
	Serverless, TLS         bool
	Users                   []DescribedUser
	Keys                    []DescribedKey
	Principals              []string
	SessionLimit, TokenLife string
	Engine                  string
	LenientResourceType     bool
	Assumptions             Assumptions
	Faults                  DescribedFaults
	Now                     time.Time
}

// A DescribedUser is a member of the user group, with IAM authentication or with passwords.
type DescribedUser struct {
	Name     string
	IAM, Off bool
}

// A DescribedKey is an access key without its secret.
type DescribedKey struct {
	ID                 string
	Temporary, Revoked bool
	Expires            *time.Time `json:",omitempty"`
}

// DescribedFaults are the faults that are injected at the moment, as the admin endpoint takes them.
type DescribedFaults struct {
	IAM               string  `json:"iam"`
	AuthDelay         string  `json:"auth_delay"`
	AuthRate          float64 `json:"auth_rate"`
	RefuseConnections bool    `json:"refuse_connections"`
}

// Describe tells what the server is and offers at the moment. It must have been started.
func (s *Server) Describe() Description {
	c := s.config
	d := Description{Profile: c.Profile, Endpoints: s.Endpoints(), Nodes: s.Nodes(), TLSMinVersion: s.tlsMinVersion(),
		Address: s.Addr(), URL: s.URL(), CA: s.CAFile(), ControlPlane: s.ControlPlaneURL(), Service: string(c.Service), Name: c.Name, Region: c.Region,
		Serverless: c.Serverless, TLS: !c.NoTLS, Users: s.users.describe(), Keys: s.keys.describe(), Principals: s.principals.arns(),
		SessionLimit: c.SessionLimit.String(), TokenLife: c.TokenLife.String(), Engine: s.engineName(),
		LenientResourceType: c.LenientResourceType, Assumptions: c.Assumptions, Faults: s.faults.describe(), Now: s.clock.now().UTC(),
	}
	return d
}

func (us *users) describe() (all []DescribedUser) {
	us.mu.RLock()
	defer us.mu.RUnlock()
	for _, u := range us.byName {
		all = append(all, DescribedUser{u.Name, u.iam(), u.Off})
	}
	slices.SortFunc(all, func(a, b DescribedUser) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (k *keyring) describe() (all []DescribedKey) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, id := range k.order {
		key := k.aged(k.byID[id])
		d := DescribedKey{ID: id, Temporary: key.SessionToken != "", Revoked: key.Revoked}
		if !key.Expires.IsZero() {
			d.Expires = &key.Expires
		}
		all = append(all, d)
	}
	return all
}

func (f *faults) describe() DescribedFaults {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := DescribedFaults{AuthDelay: f.delay.String(), AuthRate: f.throttle.rate, RefuseConnections: f.refuse}
	for name, fault := range faultNames() {
		if fault == f.fault {
			d.IAM = name
		}
	}
	return d
}
