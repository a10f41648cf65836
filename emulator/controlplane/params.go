package controlplane

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// params are a request's, by name, whatever the protocol: lists and structures are spelt out as the query protocol does it.
type params url.Values

func (p params) get(name string) string { return url.Values(p).Get(name) }

// list are the values NAME.member.1, NAME.member.2 and so on.
func (p params) list(name string) (all []string) {
	for i := 1; ; i++ {
		values, ok := p[name+".member."+strconv.Itoa(i)]
		if !ok {
			return all
		}
		all = append(all, values...)
	}
}

// has reports whether there is a parameter of that name, or a part of one.
func (p params) has(name string) bool {
	for key := range p {
		if key == name || strings.HasPrefix(key, name+".") {
			return true
		}
	}
	return false
}

// readQuery reads the parameters of the query protocol, which come in the body or, with GET, in the URL.
func (q *request) readQuery() *fault {
	text := string(q.body)
	if q.Method == http.MethodGet {
		text = q.URL.RawQuery
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return plain("MalformedQueryString", http.StatusBadRequest, "The parameters cannot be read: %s.", err)
	}
	q.params = params(values)
	q.action, q.version = q.params.get("Action"), q.params.get("Version")
	return nil
}

// readJSON reads the parameters of a JSON object.
func (q *request) readJSON() *fault {
	var object map[string]any
	if err := json.Unmarshal(q.body, &object); err != nil {
		return plain("SerializationException", http.StatusBadRequest, "The request is no JSON object: %s.", err)
	}
	q.params = params{}
	for name, value := range object {
		q.params.flatten(name, value)
	}
	return nil
}

func (p params) flatten(name string, value any) {
	switch v := value.(type) {
	case string:
		p[name] = []string{v}
	case float64:
		p[name] = []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case bool:
		p[name] = []string{strconv.FormatBool(v)}
	case []any:
		for i, element := range v {
			p.flatten(name+".member."+strconv.Itoa(i+1), element)
		}
	case map[string]any:
		for key, element := range v {
			p.flatten(name+"."+key, element)
		}
	}
}
