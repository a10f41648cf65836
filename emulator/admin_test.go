package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// An admin is a client of the admin endpoint.
type admin struct {
	testing.TB
	*emulator.Server
}

// call sends a request and returns the answer's status and body.
func (a admin) call(method, path, body string, header ...string) (int, string) {
	a.Helper()
	r, err := http.NewRequest(method, "http://"+a.AdminAddr()+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		a.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// post fails unless the answer is that.
func (a admin) post(path, body, want string) {
	a.Helper()
	if status, got := a.call("POST", path, body); status != 200 || !strings.Contains(got, want) {
		a.Fatalf("%s %s: %d %s, want %s", path, body, status, got, want)
	}
}

func newAdmin(t testing.TB, options ...func(*emulatorConfig)) admin {
	return admin{t, emulator.New(t, append(options, quiet, func(c *emulatorConfig) { c.Admin = "127.0.0.1:0" })...)}
}

func TestAdminInjectsAndCuts(t *testing.T) {
	t.Parallel()
	a := newAdmin(t, func(c *emulatorConfig) {
		c.Users = []emulator.User{{Name: "app"}, {Name: "batch", Passwords: []string{"x"}}}
	})
	s := a.Server
	w, other := login(t, s), dial(t, s)
	other.want("+OK", "AUTH", "batch", "x")
	a.post("/fault", `{"iam":"unavailable"}`, `"iam":"unavailable"`)
	w.want("-ERR IAM Authentication service is not available", "AUTH", "app", token(t, s))
	a.post("/fault", `{"iam":"none","auth_delay":"1ms","auth_rate":0.000001}`, `"auth_delay":"1ms","auth_rate":0.000001,`)
	w.want("+OK", "AUTH", "app", token(t, s))
	w.want("-ERR Exceeded limit", "AUTH", "app", token(t, s))
	a.post("/fault", `{"auth_rate":0,"auth_delay":"0s","refuse_connections":true}`, `"refuse_connections":true`)
	a.post("/fault", `{"refuse_connections":false}`, `"iam":"none"`)
	a.post("/cut", `{"user":"batch"}`, `{"cut":1}`)
	other.ended()
	w.want("+PONG", "PING")
	a.post("/advance", `{"by":"12h"}`, `"now"`)
	w.ended()
	a.post("/revoke", `{"key":"`+emulator.ExampleAccessKeyID+`"}`, `{"cut":0}`)
	s.PutKey(verify.Key{ID: "AKIDNEW", Secret: "s"})
	w = login(t, s)
	login(t, s)
	a.post("/cut", `{"count":1}`, `{"cut":1}`)
	w.ended()
	a.post("/revoke", `{"user":"app"}`, `{"cut":1}`)
	dial(t, s).want("-WRONGPASS", "AUTH", "app", sign(t, s.Target(), "AKIDNEW", "s", ""))
	status, text := a.call("GET", "/stats", "")
	var stats emulator.Stats
	if err := json.Unmarshal([]byte(text), &stats); err != nil || status != 200 || stats.IamAuthenticationThrottling != 1 || stats.Cuts != 3 || stats.IamAuthenticationExpirations != 1 {
		t.Errorf("%d %s %v", status, text, err)
	}
	if _, text := a.call("GET", "/behaviours", ""); !strings.Contains(text, `"Confidence":"documented"`) {
		t.Errorf("behaviours: %s", text)
	}
	if _, text := a.call("GET", "/refusals", ""); !strings.Contains(text, `"unknown user"`) || !strings.Contains(text, `"IAM throttled"`) {
		t.Errorf("refusals: %s", text)
	}
}

func TestAdminTellsNoSecrets(t *testing.T) {
	t.Parallel()
	a := newAdmin(t, func(c *emulatorConfig) {
		c.Users = []emulator.User{{Name: "app"}, {Name: "batch", Passwords: []string{"hunter2"}}}
		c.Keys = []verify.Key{{ID: "ASIATEMP", Secret: "verysecret", SessionToken: "session/token", Expires: time.Now().Add(time.Hour)}}
		c.UpstreamPassword = "upstream secret"
		c.Principals = []emulator.Principal{{ARN: "arn:aws:iam::123456789012:root", Keys: []string{"ASIATEMP"}}}
	})
	w, tok := dial(t, a.Server), token(t, a.Server)
	w.want("+OK", "AUTH", "app", tok)
	w.want("-WRONGPASS", "AUTH", "batch", tok)
	status, config := a.call("GET", "/config", "")
	_, refusals := a.call("GET", "/refusals", "")
	for _, secret := range []string{"hunter2", "verysecret", "session/token", "upstream secret", tok, tok[len(tok)-64:]} {
		if strings.Contains(config+refusals, secret) {
			t.Errorf("%q is told", secret)
		}
	}
	for _, told := range []string{a.Addr(), `"Name":"app","IAM":true`, `"ID":"ASIATEMP","Temporary":true`, `:root"`} {
		if status != 200 || !strings.Contains(config, told) {
			t.Errorf("%q is not in %s", told, config)
		}
	}
}

func TestAdminRefuses(t *testing.T) {
	t.Parallel()
	a := newAdmin(t)
	for _, c := range []struct {
		method, path, body string
		header             []string
		status             int
	}{
		{"GET", "/stats", "", []string{"Origin", "http://evil.example"}, 403},
		{"GET", "/stats", "", []string{"Host", "evil.example"}, 403},
		{"GET", "/nothing", "", nil, 404},
		{"GET", "/cut", "", nil, 405},
		{"POST", "/advance", `{}`, nil, 400},
		{"POST", "/advance", `{"by":"-1h"}`, nil, 400},
		{"POST", "/advance", `{"by":60}`, nil, 400},
		{"POST", "/advance", `{"for":"1h"}`, nil, 400},
		{"POST", "/fault", `{"iam":"broken"}`, nil, 400},
		{"POST", "/fault", `{}{}`, nil, 400},
		{"POST", "/cut", `{"count":-1}`, nil, 400},
		{"POST", "/cut", `{"user":"` + strings.Repeat("x", 1<<17) + `"}`, nil, 400},
		{"POST", "/revoke", `{}`, nil, 400},
		{"POST", "/revoke", `{"key":"nobody's"}`, nil, 400},
		{"POST", "/revoke", `{"user":"nobody"}`, nil, 400},
	} {
		if status, text := a.call(c.method, c.path, c.body, c.header...); status != c.status {
			t.Errorf("%s %s %.40s: %d %s", c.method, c.path, c.body, status, text)
		}
	}
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80"} {
		s := &emulator.Server{Config: emulator.Config{Admin: addr}}
		if err := s.Start(); err == nil {
			t.Errorf("the admin endpoint listens on %s", addr)
		}
	}
}

// TestAuthRate lets a storm through at its rate and counts the rest.
func TestAuthRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := emulator.New(t, quiet, emulator.InMemory)
		w := login(t, s)
		s.SetAuthRate(10)
		for second := range 3 {
			ok := 0
			for range 30 {
				if w.do("AUTH", "app", token(t, s)) == "+OK\r\n" {
					ok++
				}
			}
			if ok != 10 {
				t.Errorf("second %d: %d of 30 went through", second, ok)
			}
			time.Sleep(time.Duration(1+10*second) * time.Second) // a long rest saves up no more than a second's worth
		}
		s.SetAuthRate(0)
		w.want("+OK", "AUTH", "app", token(t, s))
		if got := s.Stats(); got.IamAuthenticationThrottling != 60 || got.Reauths != 31 || got.AuthenticationFailures != 0 {
			t.Errorf("stats: %+v", got)
		}
	})
}
