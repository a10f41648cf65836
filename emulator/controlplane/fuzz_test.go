package controlplane_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/valetkey/valetkey/emulator"
)

// FuzzUnsigned sends whatever it likes but a good signature, which nobody makes by chance: nothing of it is let in, and everything
// is answered with a client's mistake.
func FuzzUnsigned(f *testing.F) {
	const authorization = "AWS4-HMAC-SHA256 Credential=" + emulator.ExampleAccessKeyID + "/20260131/eu-west-1/elasticache/aws4_request, " +
		"SignedHeaders=host;x-amz-date, Signature=0"
	f.Add("POST", "", "", authorization, "20260131T120000Z", "Action=DescribeUsers&Version=2015-02-02")
	f.Add("GET", "Action=GetCallerIdentity&Version=2011-06-15", "", "", "", "")
	f.Add("POST", "a=b;c&%zz", "AmazonMemoryDB.DescribeClusters", authorization, "20260131", `{"ClusterName":["x",{"y":1}]}`)
	f.Add("POST", "", "AmazonMemoryDB.", "AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;,Signature==", "", "[]")
	s := emulator.New(f, emulator.InMemory)
	f.Fuzz(func(t *testing.T, method, query, target, authorization, date, body string) {
		r := httptest.NewRequest("POST", "http://127.0.0.1/", strings.NewReader(body))
		r.Method, r.URL = method, &url.URL{Path: "/", RawQuery: query}
		for name, value := range map[string]string{"X-Amz-Target": target, "Authorization": authorization, "X-Amz-Date": date} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		w := httptest.NewRecorder()
		s.ControlPlane().ServeHTTP(w, r)
		if w.Code < http.StatusBadRequest || w.Code >= http.StatusInternalServerError {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), emulator.ExampleSecretAccessKey) {
			t.Error("a secret was told")
		}
	})
}
