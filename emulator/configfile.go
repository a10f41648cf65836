package emulator

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/verify"
)

// A configFile is a [Config] in JSON. Durations are texts such as "12h", times are in RFC 3339.
type configFile struct {
	Profile             Profile           `json:"profile"`
	Shards              int               `json:"shards"`
	Replicas            int               `json:"replicas"`
	Engine              string            `json:"engine"`
	AllowRestricted     bool              `json:"allow_restricted"`
	Service             valetkey.Service  `json:"service"`
	Name                string            `json:"name"`
	Region              string            `json:"region"`
	Serverless          bool              `json:"serverless"`
	LenientResourceType bool              `json:"lenient_resource_type"`
	Assumptions         Assumptions       `json:"assumptions"`
	Account             string            `json:"account"`
	Tags                map[string]string `json:"tags"`
	ClientIP            string            `json:"client_ip"`
	SourceVPC           string            `json:"source_vpc"`
	SourceVPCE          string            `json:"source_vpce"`
	Users               []fileUser        `json:"users"`
	AccessKeys          []fileKey         `json:"access_keys"`
	Principals          []filePrincipal   `json:"principals"`
	SessionLimit        span              `json:"session_limit"`
	TokenLife           span              `json:"token_life"`
	ClockSkew           span              `json:"clock_skew"`
	Listen              string            `json:"listen"`
	Host                string            `json:"host"`
	Admin               string            `json:"admin"`
	ControlPlane        string            `json:"control_plane"`
	UserGroup           string            `json:"user_group"`
	NoTLS               bool              `json:"no_tls"`
	TLSDir              string            `json:"tls_dir"`
	TLSNames            []string          `json:"tls_names"`
	Upstream            string            `json:"upstream"`
	UpstreamUser        string            `json:"upstream_user"`
	UpstreamPassword    string            `json:"upstream_password"`
}

type fileUser struct {
	Name      string            `json:"name"`
	Passwords []string          `json:"passwords"`
	Tags      map[string]string `json:"tags"`
	Off       bool              `json:"off"`
}

type fileKey struct {
	ID           string    `json:"id"`
	Secret       string    `json:"secret"`
	SessionToken string    `json:"session_token"`
	Expires      time.Time `json:"expires"`
	Principal    string    `json:"principal"`
}

type filePrincipal struct {
	ARN      string   `json:"arn"`
	Policies []Policy `json:"policies"`
}

// ReadConfig reads a configuration in JSON, in which each field of [Config] but Logger, OnEvent and InMemory has its name in
// lower case, with underscores: {"name": "orders", "users": [{"name": "app"}], "session_limit": "1h"}. Access keys name the
// ARN of the principal that they act for: {"access_keys": [{"id": …, "secret": …, "principal": …}], "principals": [{"arn": …,
// "policies": […]}]}. Unknown fields are errors. What is left out is the server's default.
func ReadConfig(r io.Reader) (Config, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Config{}, err
	}
	var f configFile
	if err := strict(text, &f); err != nil {
		return Config{}, fmt.Errorf("emulator configuration: %w", err)
	}
	c := Config{Profile: f.Profile, Shards: f.Shards, Replicas: f.Replicas, Engine: f.Engine, AllowRestricted: f.AllowRestricted,
		Host: f.Host, Service: f.Service, Name: f.Name, Region: f.Region, Serverless: f.Serverless,
		LenientResourceType: f.LenientResourceType, Assumptions: f.Assumptions, Account: f.Account, Tags: f.Tags,
		ClientIP: f.ClientIP, SourceVPC: f.SourceVPC, SourceVPCE: f.SourceVPCE,
		SessionLimit: time.Duration(f.SessionLimit), TokenLife: time.Duration(f.TokenLife), ClockSkew: time.Duration(f.ClockSkew),
		Listen: f.Listen, Admin: f.Admin, ControlPlane: f.ControlPlane, UserGroup: f.UserGroup, NoTLS: f.NoTLS, TLSDir: f.TLSDir, TLSNames: f.TLSNames,
		Upstream: f.Upstream, UpstreamUser: f.UpstreamUser, UpstreamPassword: f.UpstreamPassword}
	for _, u := range f.Users {
		c.Users = append(c.Users, User(u))
	}
	return c, f.identities(&c)
}

// identities brings keys and principals together.
func (f configFile) identities(c *Config) error {
	for _, p := range f.Principals {
		c.Principals = append(c.Principals, Principal{ARN: p.ARN, Policies: p.Policies})
	}
	for _, k := range f.AccessKeys {
		c.Keys = append(c.Keys, verify.Key{ID: k.ID, Secret: k.Secret, SessionToken: k.SessionToken, Expires: k.Expires})
		if k.Principal == "" {
			continue
		}
		i := slices.IndexFunc(c.Principals, func(p Principal) bool { return p.ARN == k.Principal })
		if i < 0 {
			return fmt.Errorf("emulator configuration: access key %s: principal %q is not among the principals", k.ID, k.Principal)
		}
		c.Principals[i].Keys = append(c.Principals[i].Keys, k.ID)
	}
	return nil
}
