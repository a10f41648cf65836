package emulator

import (
	"slices"
	"strings"
	"time"
)

// A description is what the server is and offers, without secrets: for programs in other languages.
type description struct {
	Address, URL, CA        string
	ControlPlane            string `json:",omitempty"`
	Service, Name, Region   string
	Serverless, TLS         bool
	Users                   []userDescription
	Keys                    []keyDescription
	Principals              []string
	SessionLimit, TokenLife string
	Engine                  string
	LenientResourceType     bool
	Assumptions             Assumptions
	Faults                  faultDescription
	Now                     time.Time
}

type userDescription struct {
	Name     string
	IAM, Off bool
}

type keyDescription struct {
	ID                 string
	Temporary, Revoked bool
	Expires            *time.Time `json:",omitempty"`
}

type faultDescription struct {
	IAM               string  `json:"iam"`
	AuthDelay         string  `json:"auth_delay"`
	AuthRate          float64 `json:"auth_rate"`
	RefuseConnections bool    `json:"refuse_connections"`
}

func (s *Server) describe() description {
	c := s.config
	d := description{
		Address: s.Addr(), URL: s.URL(), CA: s.CAFile(), ControlPlane: s.ControlPlaneURL(), Service: string(c.Service), Name: c.Name, Region: c.Region,
		Serverless: c.Serverless, TLS: !c.NoTLS, Users: s.users.describe(), Keys: s.keys.describe(), Principals: s.principals.arns(),
		SessionLimit: c.SessionLimit.String(), TokenLife: c.TokenLife.String(), Engine: "embedded",
		LenientResourceType: c.LenientResourceType, Assumptions: c.Assumptions, Faults: s.faults.describe(), Now: s.clock.now().UTC(),
	}
	if c.Upstream != "" {
		d.Engine = c.Upstream
	}
	return d
}

func (us *users) describe() (all []userDescription) {
	us.mu.RLock()
	defer us.mu.RUnlock()
	for _, u := range us.byName {
		all = append(all, userDescription{u.Name, u.iam(), u.Off})
	}
	slices.SortFunc(all, func(a, b userDescription) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (k *keyring) describe() (all []keyDescription) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, id := range k.order {
		key := k.aged(k.byID[id])
		d := keyDescription{ID: id, Temporary: key.SessionToken != "", Revoked: key.Revoked}
		if !key.Expires.IsZero() {
			d.Expires = &key.Expires
		}
		all = append(all, d)
	}
	return all
}

func (f *faults) describe() faultDescription {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := faultDescription{AuthDelay: f.delay.String(), AuthRate: f.throttle.rate, RefuseConnections: f.refuse}
	for name, fault := range faultNames() {
		if fault == f.fault {
			d.IAM = name
		}
	}
	return d
}
