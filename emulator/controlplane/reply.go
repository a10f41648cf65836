package controlplane

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
)

// reply writes a result or a fault in the request's own protocol.
func (q *request) reply(w http.ResponseWriter, result any, err *fault) {
	w.Header().Set("x-amzn-RequestId", q.id)
	if q.json {
		q.replyJSON(w, result, err)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	s, _ := serviceOf(q.version)
	var body any = response{q.action, s.xmlns, result, q.id}
	if err != nil {
		w.WriteHeader(err.status)
		body = errorResponse{Xmlns: s.xmlns, Type: "Sender", Code: err.query, Message: err.message, RequestID: q.id}
	}
	xml.NewEncoder(w).Encode(body) // the client may have gone
}

func (q *request) replyJSON(w http.ResponseWriter, result any, err *fault) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		result = struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}{err.json, err.message}
	}
	json.NewEncoder(w).Encode(result)
}

// A response is <ActionResponse><ActionResult>…</ActionResult><ResponseMetadata>…</ResponseMetadata></ActionResponse>.
type response struct {
	action, xmlns string
	result        any
	id            string
}

// MarshalXML writes the response; the names of its elements are the action's.
func (r response) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	start := element(r.action + "Response")
	start.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: r.xmlns}}
	metadata := struct {
		RequestID string `xml:"RequestId"`
	}{r.id}
	return within(e, start, func() error {
		if err := e.EncodeElement(r.result, element(r.action+"Result")); err != nil {
			return err
		}
		return e.EncodeElement(metadata, element("ResponseMetadata"))
	})
}

type errorResponse struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Xmlns     string   `xml:"xmlns,attr,omitempty"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// A list is an element that is there even when nothing is in it, as in AWS's responses. Its type says what its members are called.
type list[T any] struct {
	of    string // "" for "member"
	items []T
}

// MarshalXML writes the element and its members.
func (l list[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	name := l.of
	if name == "" {
		name = "member"
	}
	return within(e, start, func() error {
		for _, item := range l.items {
			if err := e.EncodeElement(item, element(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// within writes an element around what inside writes.
func within(e *xml.Encoder, start xml.StartElement, inside func() error) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	if err := inside(); err != nil {
		return err
	}
	return e.EncodeToken(start.End())
}

func element(name string) xml.StartElement { return xml.StartElement{Name: xml.Name{Local: name}} }
