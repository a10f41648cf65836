package valetkey

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/valetkey/valetkey/internal/endpoint"
)

const defaultPort = "6379"

// ParseTarget reads a target from the endpoint that AWS shows, with the user in front:
//
//	rediss://app@orders-x2e9hv.serverless.use1.cache.amazonaws.com:6379
//
// The scheme may be rediss or valkeys (the default when there is none), or redis or valkey for a cache without TLS on a loopback
// address. The port defaults to 6379. Service, name, region and serverless are read off the host where that can be done for
// sure; the query keys of these names override it, and are needed where the host tells nothing, as with a tunnel:
//
//	rediss://app@127.0.0.1:6380?name=orders&region=eu-west-1
//
// There service defaults to elasticache and serverless to false. The host may be left out (rediss://app@?name=...) when only
// tokens are wanted. A password, an unknown or doubled key, a fragment and a database other than 0 are refused.
// The error is an [Error] with the reason [InvalidTarget]; it says what to add and never shows a password.
func ParseTarget(s string) (Target, error) {
	t, err := parseTarget(s)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return Target{}, err
		}
		return Target{}, invalidTarget(err)
	}
	return t, nil
}

func parseTarget(s string) (Target, error) {
	u, err := splitURL(s)
	if err != nil {
		return Target{}, err
	}
	t := Target{User: u.User.Username()}
	if t.Plaintext, err = parseScheme(u.Scheme); err != nil {
		return Target{}, err
	}
	if t.Address, err = parseAddress(u); err != nil {
		return Target{}, err
	}
	q, err := parseQuery(u.RawQuery)
	if err != nil {
		return Target{}, err
	}
	if err := t.fill(strings.ToLower(u.Hostname()), q); err != nil {
		return Target{}, err
	}
	return t.normal()
}

// splitURL takes the URL apart and refuses the parts that a target has no use for.
// A mistake in a URL can make any part of it a piece of a password, so no part is shown before it is known to be none.
func splitURL(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "rediss://" + s
	}
	u, err := url.Parse(s)
	if err != nil { // url.Parse's errors quote the URL
		return nil, errors.New("not a URL of the form rediss://USER@HOST:PORT?name=NAME&region=REGION")
	}
	_, password := u.User.Password()
	switch {
	case password:
		return nil, errors.New("the URL has a password: a token takes its place, so remove it")
	case u.Fragment != "" || strings.Contains(s, "#"):
		return nil, errors.New("the URL has a fragment (#): remove it")
	case u.Path != "" && u.Path != "/" && u.Path != "/0":
		return nil, errors.New("the URL has a path: remove it, and select a database in the client")
	case u.User.Username() == "":
		return nil, errors.New("the URL has no user: write rediss://USER@HOST")
	}
	return u, nil
}

func parseScheme(scheme string) (plaintext bool, err error) {
	switch scheme {
	case "rediss", "valkeys":
		return false, nil
	case "redis", "valkey":
		return true, nil
	}
	return false, errors.New("the URL's scheme is unknown: use rediss:// (TLS), or redis:// for a loopback address without TLS")
}

// parseAddress returns host:port in its canonical form, or "" without a host.
func parseAddress(u *url.URL) (string, error) {
	host, port := strings.TrimSuffix(u.Hostname(), "."), u.Port()
	if host == "" {
		if port != "" {
			return "", errors.New("the URL has a port but no host")
		}
		return "", nil
	}
	if port == "" {
		port = defaultPort
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || !isHost(host) || strings.HasSuffix(u.Host, ":") {
		return "", errors.New("the URL's host or port is not valid: write rediss://USER@HOST:PORT")
	}
	return net.JoinHostPort(strings.ToLower(host), strconv.FormatUint(n, 10)), nil
}

// The query keys, in the order in which an error names them.
var queryKeys = []string{"name", "region", "service", "serverless"}

// parseQuery reads each known key at most once.
func parseQuery(raw string) (map[string]string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, errors.New("the URL's query is not valid: write ?name=NAME&region=REGION")
	}
	q := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		v := values[key]
		switch {
		case !slices.Contains(queryKeys, key):
			return nil, errors.New("the URL has an unknown query key: known are " + strings.Join(queryKeys, ", "))
		case len(v) > 1:
			return nil, fmt.Errorf("the URL has the query key %s more than once", key)
		case v[0] == "":
			return nil, fmt.Errorf("the URL's query key %s has no value", key)
		}
		q[key] = v[0]
	}
	return q, nil
}

// fill sets what the query says, and for the rest what the host tells. A host that the query contradicts tells nothing.
func (t *Target) fill(host string, q map[string]string) error {
	seen, _ := endpoint.Parse(host)
	if s, ok := q["service"]; ok && s != seen.Service {
		seen = endpoint.Endpoint{Service: s}
	}
	t.Service, t.Serverless = Service(seen.Service), seen.Serverless
	t.Name, t.Region = cmp.Or(q["name"], seen.Name), cmp.Or(q["region"], seen.Region)
	switch q["serverless"] {
	case "":
	case "true", "false":
		t.Serverless = q["serverless"] == "true"
	default:
		return errors.New("the URL's query key serverless must be true or false")
	}
	return t.missing(host)
}

// missing names the query keys that must be added.
func (t *Target) missing(host string) error {
	var keys []string
	if t.Name == "" {
		keys = append(keys, "name=NAME")
	}
	if t.Region == "" {
		keys = append(keys, "region=REGION")
	}
	if len(keys) == 0 {
		return nil
	}
	if host == "" {
		host = "a URL without a host"
	}
	return fmt.Errorf("%s does not tell everything about the cache: add ?%s to the URL", host, strings.Join(keys, "&"))
}

// URL returns the target in the form that [ParseTarget] reads back, with every guess spelled out.
// It holds no secret. The result is only meaningful for a valid target.
func (t Target) URL() string {
	n, err := t.normal()
	if err != nil {
		n = t
	}
	q := url.Values{
		"name":       {n.Name},
		"region":     {n.Region},
		"service":    {string(n.Service)},
		"serverless": {strconv.FormatBool(n.Serverless)},
	}
	u := url.URL{Scheme: "rediss", User: url.User(n.User), Host: n.Address, RawQuery: q.Encode()}
	if n.Plaintext {
		u.Scheme = "redis"
	}
	return u.String()
}
