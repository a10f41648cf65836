package controlplane

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// bodyLimit bounds a request, in bytes; policy documents are the largest thing in one, and AWS takes up to 131,072 characters.
const bodyLimit = 1 << 20

// New answers requests about the cache of a backend. The handler is safe for concurrent use.
func New(b Backend) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := read(w, r)
		var result any
		if err == nil {
			result, err = answer(b, q)
		}
		q.reply(w, result, err)
	})
}

// A request is one on its way through the checks.
type request struct {
	*http.Request
	body    []byte
	id      string
	json    bool
	action  string
	version string
	params  params
}

// A call is a request that was let in.
type call struct {
	Backend
	*request
	service service
	caller  caller
}

// read takes a request apart without believing it. It returns one that can be replied to in any case.
func read(w http.ResponseWriter, r *http.Request) (*request, *fault) {
	q := &request{Request: r, id: requestID()}
	target := r.Header.Get("X-Amz-Target")
	q.json = target != ""
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if q.body = body; err != nil {
		return q, plain("RequestEntityTooLarge", http.StatusRequestEntityTooLarge, "The request is longer than %d bytes.", bodyLimit)
	}
	if r.URL.Path != "/" {
		return q, plain("UnknownPath", http.StatusNotFound, "Requests go to the path /, not to %s.", r.URL.Path)
	}
	if !q.json {
		return q, q.readQuery()
	}
	q.action = strings.TrimPrefix(target, jsonTarget)
	if q.action != target {
		q.version = "2021-01-01"
	}
	return q, q.readJSON()
}

// answer lets the request in and carries it out.
func answer(b Backend, q *request) (any, *fault) {
	s, known := serviceOf(q.version)
	caller, err := authenticate(b, q, s, known)
	if err != nil {
		return nil, err
	}
	act, ok := s.actions[q.action]
	if !ok {
		return nil, unknownAction(q.action, q.version)
	}
	return act(&call{Backend: b, request: q, service: s, caller: caller})
}

// allow refuses a caller whose policies do not allow an action on a resource. What a user is not allowed to see, there might be.
func (c *call) allow(resource string) *fault {
	action := c.service.name + ":" + c.action
	d, err := c.Decide(Question{Principal: c.caller.principal, Action: action, Resource: resource, Context: c.Circumstances(c.RemoteAddr)})
	if err != nil || d.Denied || !d.Allowed {
		return accessDenied(c.caller.arn(), action, resource, d.Denied)
	}
	return nil
}

// requestID is a random one in the form of a UUID.
func requestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
