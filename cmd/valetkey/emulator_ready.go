package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/emulator"
)

// A readiness is what a program in another language needs to use the emulator. It has no secrets: those are in the file that it
// names.
type readiness struct {
	Version       string           `json:"version"`
	Pid           int              `json:"pid"`
	Profile       emulator.Profile `json:"profile"`
	Service       string           `json:"service"`
	Name          string           `json:"name"`
	Region        string           `json:"region"`
	Serverless    bool             `json:"serverless"`
	User          string           `json:"user"`
	Users         []readyUser      `json:"users"`
	URL           string           `json:"url"`
	Endpoints     []readyEndpoint  `json:"endpoints"`
	Nodes         []emulator.Node  `json:"nodes"`
	TLS           bool             `json:"tls"`
	TLSMinVersion string           `json:"tls_min_version,omitempty"`
	CAFile        string           `json:"ca_file,omitempty"`
	Credentials   string           `json:"credentials_file"`
	Admin         string           `json:"admin,omitempty"`
	ControlPlane  string           `json:"control_plane,omitempty"`
	Engine        string           `json:"engine"`
	SessionLimit  string           `json:"session_limit"`
	TokenLife     string           `json:"token_life"`
}

type readyUser struct {
	Name string `json:"name"`
	IAM  bool   `json:"iam"`
}

type readyEndpoint struct {
	Role emulator.Role `json:"role"`
	Host string        `json:"host"`
	Port int           `json:"port"`
	Node string        `json:"node,omitempty"`
}

func newReadiness(server *emulator.Server, credentials string) readiness {
	d, target := server.Describe(), server.Target()
	r := readiness{Version: version(), Pid: os.Getpid(), Profile: d.Profile, Service: d.Service, Name: d.Name, Region: d.Region,
		Serverless: d.Serverless, User: target.User, URL: d.URL, Nodes: d.Nodes, TLS: d.TLS, TLSMinVersion: d.TLSMinVersion,
		CAFile: d.CA, Credentials: credentials, ControlPlane: d.ControlPlane, Engine: d.Engine, SessionLimit: d.SessionLimit,
		TokenLife: d.TokenLife}
	if admin := server.AdminAddr(); admin != "" {
		r.Admin = "http://" + admin
	}
	for _, u := range d.Users {
		r.Users = append(r.Users, readyUser{u.Name, u.IAM})
	}
	for _, e := range d.Endpoints {
		host, port, _ := net.SplitHostPort(e.Address) // an endpoint's address always has both
		number, _ := strconv.Atoi(port)
		r.Endpoints = append(r.Endpoints, readyEndpoint{e.Role, reachable(host), number, e.Node})
	}
	return r
}

// tell writes the description to a file, or to standard output for "-". The file appears whole, and not before the server is ready.
func (a *app) tell(file string, r readiness) error {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // the URL stays one that people can read, too
	if err := encoder.Encode(r); err != nil || file == "" {
		return err
	}
	if file == "-" {
		_, err := io.WriteString(a.stdout, text.String())
		return err
	}
	return replaceFile(file, text.String())
}

// forget removes the description of a server that is gone, or has not started yet.
func forget(file string) error {
	if file == "" || file == "-" {
		return nil
	}
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
