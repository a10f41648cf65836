package valetkey

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

const tokenSecret = "orders/?Action=connect&X-Amz-Signature=S3CR3T"

type exported struct{ Token Token }
type embedded struct{ Token }
type unexported struct {
	token   Token
	pointer *Token
	list    []Token
	any     any
}

// Every way of printing a token, also inside of other values, shows neither the secret nor a form of it.
func TestTokenNeverPrints(t *testing.T) {
	token := NewToken("app", tokenSecret, time.Date(2025, 1, 1, 0, 15, 0, 0, time.UTC))
	values := map[string]any{
		"value": token, "pointer": &token, "slice": []Token{token}, "map": map[string]Token{"a": token}, "key": map[*Token]int{&token: 1},
		"exported": exported{token}, "pointer to exported": &exported{token}, "embedded": embedded{token}, "error": fmt.Errorf("x: %w %v", errors.New("y"), token),
		"unexported": unexported{token, &token, []Token{token}, token}, "pointer to unexported": &unexported{token: token, any: &token},
	}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%U", "%c", "%b", "%e", "%T", "% x", "%#x", "%10.3v", "%!"} {
			hides(t, name+" "+verb, fmt.Sprintf(verb, v))
		}
		hides(t, name+" Print", fmt.Sprint(v)+fmt.Sprintln(v))
		hides(t, name+" slog", logged(v))
		if b, err := json.Marshal(v); err == nil {
			hides(t, name+" json", string(b))
		}
		if b, err := xml.Marshal(v); err == nil {
			hides(t, name+" xml", string(b))
		}
		var buf bytes.Buffer
		if err := gob.NewEncoder(&buf).Encode(v); err == nil {
			hides(t, name+" gob", buf.String())
		}
	}
	var buf bytes.Buffer
	slog.New(slog.NewJSONHandler(&buf, nil)).With("t", token).WithGroup("g").Info(token.String(), slog.Group("h", "t", token))
	hides(t, "slog attributes", buf.String())
}

// logged is what both handlers of slog write for v.
func logged(v any) string {
	var buf bytes.Buffer
	slog.New(slog.NewTextHandler(&buf, nil)).Info("x", "token", v)
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("x", "token", v)
	return buf.String()
}

// hides fails for the secret in plain, in hexadecimal and in decimal bytes.
func hides(t *testing.T, what, s string) {
	t.Helper()
	const s3 = "S3CR3T"
	for _, form := range []string{s3, fmt.Sprintf("%x", s3), fmt.Sprintf("%X", s3), fmt.Sprintf("% x", s3), fmt.Sprint([]byte(s3)), "Action"} {
		if strings.Contains(s, strings.Trim(form, "[]")) {
			t.Errorf("%s shows the secret: %s", what, s)
		}
	}
}

func TestTokenRedactedForms(t *testing.T) {
	at := time.Date(2025, 1, 1, 0, 15, 0, 0, time.UTC)
	token := NewToken("app", tokenSecret, at)
	js, _ := json.Marshal(token)
	text, _ := token.MarshalText()
	for got, want := range map[string]string{
		token.String():                             `token for "app" (redacted), expires 2025-01-01T00:15:00Z`,
		string(text):                               `token for "app" (redacted), expires 2025-01-01T00:15:00Z`,
		fmt.Sprintf("%#v", token):                  `valetkey.Token{token for "app" (redacted), expires 2025-01-01T00:15:00Z}`,
		fmt.Sprintf("%d", token):                   `token for "app" (redacted), expires 2025-01-01T00:15:00Z`,
		string(js):                                 `{"user":"app","expires":"2025-01-01T00:15:00Z","redacted":true}`,
		token.LogValue().String():                  `[user=app expires=2025-01-01 00:15:00 +0000 UTC]`,
		NewToken("app", "x", time.Time{}).String(): `token for "app" (redacted)`,
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if token.User() != "app" || token.Secret() != tokenSecret || !token.Expires().Equal(at) || (Token{}).Secret() != "" {
		t.Error("the token does not give back what it was made of")
	}
}
