package controlplane_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// at runs a test against a server without sockets, at an instant.
func at(t *testing.T, instant time.Time, c emulator.Config, test func(t *testing.T, s *emulator.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(instant))
		test(t, emulator.New(t, emulator.InMemory, func(config *emulator.Config) {
			c.InMemory, c.Logger = true, config.Logger
			*config = c
		}))
	})
}

// noon is an ordinary instant.
func noon() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }

// An answer is what came back, in either protocol.
type answer struct {
	status        int
	code, message string
	body          string
}

func ask(t *testing.T, s *emulator.Server, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	s.ControlPlane().ServeHTTP(w, r)
	a := answer{status: w.Code, body: w.Body.String()}
	switch w.Header().Get("Content-Type") {
	case "text/xml":
		var e struct {
			Error     struct{ Type, Code, Message string }
			RequestID string `xml:"RequestId"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Fatalf("%q is no XML: %v", a.body, err)
		}
		if a.code, a.message = e.Error.Code, e.Error.Message; a.code != "" && (e.Error.Type != "Sender" || e.RequestID != w.Header().Get("x-amzn-RequestId")) {
			t.Errorf("error %+v", e)
		}
	case "application/x-amz-json-1.1":
		var e struct {
			Type    string `json:"__type"`
			Message string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Fatalf("%q is no JSON: %v", a.body, err)
		}
		a.code, a.message = e.Type, e.Message
	default:
		t.Errorf("content type %q", w.Header().Get("Content-Type"))
	}
	return a
}

// A signing is what a request is signed with; zero means the example key, the server's region, now.
type signing struct {
	aws.Credentials
	service, region string
	after           time.Duration // from now
}

// sign signs a request as the AWS SDK does.
func (g signing) sign(t *testing.T, r *http.Request, body string) *http.Request {
	t.Helper()
	if g.AccessKeyID == "" {
		g.AccessKeyID, g.SecretAccessKey = emulator.ExampleAccessKeyID, emulator.ExampleSecretAccessKey
	}
	if g.region == "" {
		g.region = "eu-west-1"
	}
	hash := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(context.Background(), g.Credentials, r, hex.EncodeToString(hash[:]), g.service, g.region, time.Now().Add(g.after)); err != nil {
		t.Fatal(err)
	}
	return r
}

// form is a request in the query protocol.
func form(body string) *http.Request {
	r := httptest.NewRequest("POST", "http://127.0.0.1:4566/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

// object is one in JSON.
func object(target, body string) *http.Request {
	r := httptest.NewRequest("POST", "http://127.0.0.1:4566/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	return r
}

// query asks one action of a service in the query protocol.
func query(t *testing.T, s *emulator.Server, g signing, body string) answer {
	t.Helper()
	body += "&Version=" + map[string]string{"elasticache": "2015-02-02", "sts": "2011-06-15", "iam": "2010-05-08"}[g.service]
	return ask(t, s, g.sign(t, form(body), body))
}

// temporary is a key whose credentials end an hour after noon.
func temporary() verify.Key {
	return verify.Key{ID: "ASIATEMPORARY", Secret: "temporary", SessionToken: "session", Expires: noon().Add(time.Hour)}
}
