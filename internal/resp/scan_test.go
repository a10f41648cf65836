package resp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRequestFrames(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []seen
	}{
		{"array", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", []seen{{"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", `2 "GET"/3 "k"/1`}}},
		{"empty argument", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", []seen{{"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", `2 "ECHO"/4 ""/0`}}},
		{"long argument", "*1\r\n$50\r\n" + strings.Repeat("x", 50) + "\r\n", []seen{{"*1\r\n$50\r\n" + strings.Repeat("x", 50) + "\r\n", `1 "` + strings.Repeat("x", 48) + `"/50`}}},
		{"unanswered", "\r\n*0\r\n*-1\r\n\n", []seen{{"\r\n", "0"}, {"*0\r\n", "0"}, {"*-1\r\n", "0"}, {"\n", "0"}}},
		{"inline", "  set \"a b\" 'c\\'d' \"\\x41\\n\"\r\nPING\n", []seen{{"  set \"a b\" 'c\\'d' \"\\x41\\n\"\r\n", `4 "set"/3 "a b"/3 "c'd"/3 "A\n"/2`}, {"PING\n", `1 "PING"/4`}}},
		{"payload that looks like RESP", "*1\r\n$9\r\n*1\r\n$1\r\n\r\r\n", []seen{{"*1\r\n$9\r\n*1\r\n$1\r\n\r\r\n", `1 "*1\r\n$1\r\n\r"/9`}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := scanRequests([][]byte{[]byte(c.in)})
			if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

// A parser that is more lenient than the server, or differs from it, lets one client read another's replies.
func TestRequestsRefused(t *testing.T) {
	for in, want := range map[string]string{
		"*1\rZ$4\rZPING\rZ":         "invalid multibulk length",
		"*01\r\n$4\r\nPING\r\n":     "invalid multibulk length",
		"*+1\r\n":                   "invalid multibulk length",
		"* 1\r\n":                   "invalid multibulk length",
		"*1\n$4\nPING\n":            "invalid multibulk length",
		"*\r\n":                     "invalid multibulk length",
		"*-2\r\n":                   "invalid multibulk length",
		"*1048577\r\n":              "invalid multibulk length",
		"*99999999999999999999\r\n": "invalid multibulk length",
		"*1\r\n:1\r\n":              "expected '$', got ':'",
		"*1\r\n$-1\r\n":             "invalid bulk length",
		"*1\r\n$abc\r\n":            "invalid bulk length",
		"*1\r\n$04\r\nPING\r\n":     "invalid bulk length",
		"*1\r\n$4\r\nPINGxx":        "expected CRLF behind an argument",
		"*1\r\n$4\r\nPING\rx":       "expected CRLF behind an argument",
		"*1\r\n$9999999999999\r\n":  "invalid bulk length",
		"set \"a\r\n":               "unbalanced quotes in request",
		"set \"a\"b\r\n":            "unbalanced quotes in request",
		"  \r\n":                    "blank inline request",
		"\t\n":                      "blank inline request",
		"get a\x00 b\r\n":           "zero byte in inline request",
		"\x00get\n":                 "zero byte in inline request",
		strings.Repeat("x", 70_000): "too big inline request",
	} {
		_, err := scanRequests([][]byte{[]byte(in)})
		var refused *ProtocolError
		if !errors.As(err, &refused) || refused.Text != "Protocol error: "+want {
			t.Errorf("%.40q: %v, want %s", in, err, want)
		}
	}
}

// A vertical tab is white space before a word, but does not end it.
func TestInlineWords(t *testing.T) {
	got, err := scanRequests([][]byte{[]byte("\v\fMULTI\vx\fy z\n\"\"\n")})
	if err != nil || len(got) != 2 || got[0].facts != `2 "MULTI\vx\fy"/9 "z"/1` || got[1].facts != `1 ""/0` {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestLimitsBeforeAuth(t *testing.T) {
	for in, want := range map[string]string{
		"*11\r\n":           "Protocol error: unauthenticated multibulk length",
		"*1\r\n$16385\r\n":  "Protocol error: unauthenticated bulk length",
		"*10\r\n$16384\r\n": "<nil>",
	} {
		s := RequestScanner{Limits: BeforeAuth()}
		_, _, err := s.Scan([]byte(in))
		if fmt.Sprint(err) != want {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}

func TestReplyFrames(t *testing.T) {
	for _, c := range []struct{ in, facts string }{
		{"+OK\r\n", `+ "OK" 0`},
		{"-ERR no\r\n", `- "ERR no" 0`},
		{":42\r\n", `: "42" 42`},
		{"$-1\r\n", `$ "" 0`},
		{"*-1\r\n", `* "" 0`},
		{"_\r\n", `_ "" 0`},
		{"*0\r\n", `* "" 0`},
		{"%0\r\n", `% "" 0`},
		{"$0\r\n\r\n", `$ "" 0`},
		{"$4\r\n+OK\r\r\n", `$ "+OK\r" 0`},
		{"*2\r\n*1\r\n$-1\r\n:7\r\n", `* "" 7`},
		{"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n", `% "a" 2`},
		{"|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n", `$ "v" 3600`},
		{"|0\r\n+OK\r\n", `+ "OK" 0`},
		{"*1\r\n|1\r\n+a\r\n+b\r\n+c\r\n", `* "c" 0`},
		{">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:2\r\n", `> "subscribe" 2`},
		{"*1\r\n>3\r\n+subscribe\r\n+c\r\n:1\r\n", `* "subscribe" 1`},
		{"=8\r\ntxt:some\r\n", `= "txt:some" 0`},
		{"!5\r\nERR x\r\n", `! "ERR x" 0`},
		{"~1\r\n#t\r\n", `~ "t" 0`},
		{"(3492890328409238509324850943850943825024385\r\n", `( "3492890328409238509324850943850943825024385" 0`},
	} {
		got, err := scanReplies([][]byte{[]byte(c.in + "+NEXT\r\n")})
		want := []seen{{c.in, c.facts}, {"+NEXT\r\n", `+ "NEXT" 0`}}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %q, %v, want %q", c.in, got, err, want)
		}
	}
}

func TestRepliesRefused(t *testing.T) {
	for in, streamed := range map[string]bool{
		"HTTP/1.1 200 OK\r\n":  false,
		"+OK\rx":               false,
		"$3\r\nabcde":          false,
		"$-2\r\n":              false,
		"%-1\r\n":              false,
		"$03\r\n":              false,
		"*4294967297\r\n":      false,
		"$?\r\n;4\r\nabcd\r\n": true,
		"*?\r\n":               true,
		".\r\n":                true,
	} {
		_, err := scanReplies([][]byte{[]byte(in)})
		var refused *ProtocolError
		if !errors.As(err, &refused) || refused.Streamed != streamed {
			t.Errorf("%q: %v, want a protocol error with Streamed=%v", in, err, streamed)
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	var req RequestScanner
	var rep ReplyScanner
	in, out := []byte("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nabc\r\n"), []byte("*2\r\n$3\r\nabc\r\n:1\r\n")
	if n := testing.AllocsPerRun(100, func() { req.Scan(in); rep.Scan(out) }); n != 0 {
		t.Errorf("%v allocations for a request and a reply", n)
	}
}

func BenchmarkRequestScanner(b *testing.B) {
	var s RequestScanner
	in := []byte("*3\r\n$3\r\nSET\r\n$8\r\nkey:1234\r\n$3\r\nabc\r\n")
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		s.Scan(in)
	}
}

func BenchmarkReplyScanner(b *testing.B) {
	var s ReplyScanner
	in := []byte("$3\r\nabc\r\n")
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		s.Scan(in)
	}
}
